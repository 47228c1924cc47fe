"""Pay, then poll the job until its outcome is known: python examples/pay_and_poll.py --help."""

import argparse
import sys
import time
import uuid

import httpx

TRIES = 3
LONGEST_SECONDS = 60


def main() -> int:
    """Return 0 when the payment is approved, else 1."""
    parser = argparse.ArgumentParser(description="Pay 10.50 EUR and poll until the outcome is known.")
    parser.add_argument("--url", default="http://127.0.0.1:50947", help="where the gateway is (%(default)s)")
    parser.add_argument("--key", default="ap_123", help="your API key (%(default)s)")
    parser.add_argument("--card", default="4242 4242 4242 4242", help="card number (%(default)s)")
    options = parser.parse_args()
    headers = {"Authorization": f"Bearer {options.key}", "Prefer": "wait=2"}
    try:
        with httpx.Client(base_url=options.url, headers=headers, timeout=40) as gateway:
            return pay_and_poll(gateway, options.card)
    except httpx.HTTPStatusError as error:
        problem = error.response.json()
        print(f"Refused: {problem['detail']} ({problem['code']})")
    except (httpx.TransportError, httpx.InvalidURL):
        print(f"The gateway is not reachable at {options.url}. Is it running? Try: pgw demo")
    return 1


def pay_and_poll(gateway: httpx.Client, number: str) -> int:
    american_express = number.startswith(("34", "37"))
    card = {"number": number, "cvv": "1234" if american_express else "123"}
    order = {"amount": "10.50", "currency": "EUR", "description": "Order 17"}
    accepted = submit(gateway, order | {"card": card | {"expiryMonth": 11, "expiryYear": 2034}})
    job = accepted.json()
    print(f"Accepted: job {job['jobId']}")
    until = time.monotonic() + LONGEST_SECONDS
    while job["status"] == "Created" and time.monotonic() < until:
        # `Prefer: wait` lets one request wait for the next change; Retry-After spaces those that saw none.
        answer = gateway.get(accepted.headers["Location"]).raise_for_status()
        job = answer.json()
        print(f"Polled:   job is {job['status']}, payment is {job['paymentStatus']}")
        if job["status"] == "Created" and "Preference-Applied" not in answer.headers:
            time.sleep(int(answer.headers["Retry-After"]))
    if job["status"] == "Created":
        print("Outcome:  not known yet; the gateway goes on asking the bank, and never guesses")
        return 1
    if job["status"] == "Failed":
        print(f"Outcome:  Failed, no money moved: {job['error']['detail']}")
        return 1
    payment = gateway.get(f"/payments/{job['entityId']}").raise_for_status().json()
    print(f"Outcome:  {payment['status']} {payment.get('declineCode', '')}".rstrip())
    return 0 if payment["status"] == "Approved" else 1


def submit(gateway: httpx.Client, order: dict[str, object]) -> httpx.Response:
    """Submit under one key: however often it is sent, it is one payment."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    for tries_left in reversed(range(TRIES)):
        try:
            answer = gateway.post("/payments", json=order, headers=key)
        except httpx.TransportError:
            if not tries_left:
                raise
        else:
            if answer.status_code not in {409, 500, 503} or not tries_left:
                return answer.raise_for_status()
        time.sleep(1)
    raise AssertionError("the last try returned or raised")


if __name__ == "__main__":
    sys.exit(main())
