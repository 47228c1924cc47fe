"""Pay, then poll the job until its outcome is known: python examples/pay_and_poll.py --help."""

import argparse
import sys
import time

import httpx


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
    accepted = gateway.post(
        "/payments", json=order | {"card": card | {"expiryMonth": 11, "expiryYear": 2034}}
    ).raise_for_status()
    job = accepted.json()
    print(f"Accepted: job {job['jobId']}")
    while job["status"] == "Created" and job["paymentStatus"] != "Unknown":
        # `Prefer: wait` lets one request wait for the next change; Retry-After spaces those that saw none.
        answer = gateway.get(accepted.headers["Location"]).raise_for_status()
        job = answer.json()
        print(f"Polled:   job is {job['status']}, payment is {job['paymentStatus']}")
        if job["status"] == "Created" and "Preference-Applied" not in answer.headers:
            time.sleep(int(answer.headers["Retry-After"]))
    if job["status"] != "Completed":
        print("Outcome:  not known; the gateway will not guess, and neither should you")
        return 1
    payment = gateway.get(f"/payments/{job['entityId']}").raise_for_status().json()
    print(f"Outcome:  {payment['status']} {payment.get('declineCode', '')}".rstrip())
    return 0 if payment["status"] == "Approved" else 1


if __name__ == "__main__":
    sys.exit(main())
