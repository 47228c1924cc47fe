"""Give back what a payment took, or some of it, with the standard library alone.

python examples/refund.py pay_… --amount 4.00 --reason "Returned"
"""

import argparse
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from decimal import Decimal
from typing import Any

TRIES = 3
LONGEST_SECONDS = 60
ANSWER_SECONDS = 40
INTERNAL_ERROR = 500


def main() -> int:
    """Return 0 when it was refunded, else 1."""
    parser = argparse.ArgumentParser(description="Refund a payment, all that is left of it or an amount.")
    parser.add_argument("payment", help="the payment's id")
    parser.add_argument("--amount", help="how much, in the payment's currency; else all that is left")
    parser.add_argument("--reason", help="your own words, shown with the job")
    parser.add_argument("--url", default="http://127.0.0.1:50947", help="where the gateway is (%(default)s)")
    parser.add_argument("--key", default="ap_123", help="your API key (%(default)s)")
    options = parser.parse_args()
    body = {name: getattr(options, name) for name in ("amount", "reason") if getattr(options, name)}
    try:
        return refund(Gateway(options.url, options.key), options.payment, body)
    except urllib.error.HTTPError as error:
        problem = json.load(error)
        print(f"Refused: {problem['detail']} ({problem['code']})")
    except (OSError, ValueError):
        print(f"The gateway is not reachable at {options.url}. Is it running? Try: pgw demo")
    return 1


class Gateway:
    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def get(self, path: str) -> dict[str, Any]:
        return self._answer(path, {"Prefer": "wait=2"})

    def post(self, path: str, body: dict[str, str]) -> dict[str, Any]:
        """Post under one key: however often it is sent, it is done once."""
        key = {"Idempotency-Key": str(uuid.uuid4())}
        for tries_left in reversed(range(TRIES)):
            try:
                return self._answer(path, key, json.dumps(body).encode())
            except urllib.error.HTTPError as error:
                if (error.code != INTERNAL_ERROR and "Retry-After" not in error.headers) or not tries_left:
                    raise
            except OSError:
                if not tries_left:
                    raise
            time.sleep(1)
        raise AssertionError("the last try returned or raised")

    def _answer(self, path: str, headers: dict[str, str], body: bytes | None = None) -> dict[str, Any]:
        request = urllib.request.Request(self._url + path, body, {**self._headers, **headers})  # noqa: S310
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
            # An amount has its currency's decimals, of which none is lost: 1500 JPY, 4.00 EUR, 1.005 KWD.
            document: dict[str, Any] = json.load(answer, parse_float=Decimal)
            return document


def refund(gateway: Gateway, payment_id: str, body: dict[str, str]) -> int:
    # The amount is reserved at once: another refund that is too much beside this one is refused.
    job = gateway.post(f"/payments/{payment_id}/refunds", body)
    print(f"Accepted: job {job['jobId']} refunds {job['amount']}")
    until = time.monotonic() + LONGEST_SECONDS
    while job["status"] == "Created" and time.monotonic() < until:
        job = gateway.get(f"/jobs/{job['jobId']}")
    if job["status"] == "Created":
        print("Outcome:  not known yet; the gateway goes on asking the bank, and never guesses")
        return 1
    if job["status"] == "Failed":
        error = job["error"]
        # Of a refund that the bank declined; docs/decline-codes.md says what to do.
        why = f"{error['detail']} {error.get('declineCode', '')}".strip()
        print(f"Outcome:  Failed, no money moved: {why}")
        return 1
    payment = gateway.get(f"/payments/{payment_id}")
    print(f"Outcome:  {payment['status']}, refunded {payment['refunded']} of {payment['captured']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
