"""Reserve money, then capture it in parts or give it up: python examples/authorize_and_capture.py --help."""

import argparse
import sys
import time
import uuid
from typing import Any

import httpx

TRIES = 3
LONGEST_SECONDS = 60


def main() -> int:
    """Return 0 when all of it was done, else 1."""
    parser = argparse.ArgumentParser(description="Authorize 10.50 EUR, capture 4.00 and a last 3.50 of it.")
    parser.add_argument("--url", default="http://127.0.0.1:50947", help="where the gateway is (%(default)s)")
    parser.add_argument("--key", default="ap_123", help="your API key (%(default)s)")
    parser.add_argument("--card", default="4242 4242 4242 4242", help="card number (%(default)s)")
    parser.add_argument("--void", action="store_true", help="capture nothing, and give up what is reserved")
    options = parser.parse_args()
    headers = {"Authorization": f"Bearer {options.key}", "Prefer": "wait=2"}
    try:
        with httpx.Client(base_url=options.url, headers=headers, timeout=40) as gateway:
            return authorize_and_capture(gateway, options.card, void=options.void)
    except httpx.HTTPStatusError as error:
        problem = error.response.json()
        print(f"Refused: {problem['detail']} ({problem['code']})")
    except (httpx.TransportError, httpx.InvalidURL):
        print(f"The gateway is not reachable at {options.url}. Is it running? Try: pgw demo")
    return 1


def authorize_and_capture(gateway: httpx.Client, number: str, *, void: bool) -> int:
    american_express = number.startswith(("34", "37"))
    card = {"number": number, "cvv": "1234" if american_express else "123"}
    order = {"amount": "10.50", "currency": "EUR", "description": "Order 17", "capture": False}
    job = done(gateway, "/payments", order | {"card": card | {"expiryMonth": 11, "expiryYear": 2034}})
    if job.get("paymentStatus") != "Authorized":
        return 1
    payment = f"/payments/{job['paymentId']}"
    if void:
        operations: list[tuple[str, dict[str, object]]] = [("voids", {})]
    else:
        # One parcel leaves today. The last one says so, and what is not sent is not held any more.
        operations = [("captures", {"amount": "4.00"}), ("captures", {"amount": "3.50", "final": True})]
    for name, body in operations:
        if done(gateway, f"{payment}/{name}", body).get("status") != "Completed":
            return 1
    now = gateway.get(payment).raise_for_status().json()
    print(f"Outcome:  {now['status']}, captured {now['captured']:.2f} of {now['price']['amount']:.2f}")
    return 0


def done(gateway: httpx.Client, path: str, body: dict[str, object]) -> dict[str, Any]:
    """Ask for it under one key, and return its job once that has ended; nothing where it takes too long."""
    accepted = submit(gateway, path, body)
    job: dict[str, Any] = accepted.json()
    until = time.monotonic() + LONGEST_SECONDS
    while job["status"] == "Created":
        if time.monotonic() > until:
            print("Outcome:  not known yet; the gateway goes on asking the bank, and never guesses")
            return {}
        # `Prefer: wait` lets one request wait for the next change; Retry-After spaces those that saw none.
        answer = gateway.get(accepted.headers["Location"]).raise_for_status()
        job = answer.json()
        if job["status"] == "Created" and "Preference-Applied" not in answer.headers:
            time.sleep(int(answer.headers["Retry-After"]))
    print(f"Job:      {job['type']} {job['status']}, payment is {job['paymentStatus']}")
    if job["status"] == "Failed":
        error = job["error"]
        # Of what the bank declined; docs/decline-codes.md says what to do.
        why = f"{error['detail']} {error.get('declineCode', '')}".strip()
        print(f"Outcome:  Failed, no money moved: {why}")
    return job


def submit(gateway: httpx.Client, path: str, body: dict[str, object]) -> httpx.Response:
    """Submit under one key: however often it is sent, it is done once."""
    key = {"Idempotency-Key": str(uuid.uuid4())}
    for tries_left in reversed(range(TRIES)):
        try:
            answer = gateway.post(path, json=body, headers=key)
        except httpx.TransportError:
            if not tries_left:
                raise
        else:
            # After any other refusal, such as 409 PaymentNotCapturable, the same again does not help.
            is_passing = (
                answer.status_code == httpx.codes.INTERNAL_SERVER_ERROR or "Retry-After" in answer.headers
            )
            if not is_passing or not tries_left:
                return answer.raise_for_status()
        time.sleep(1)
    raise AssertionError("the last try returned or raised")


if __name__ == "__main__":
    sys.exit(main())
