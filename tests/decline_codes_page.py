"""Makes `docs/decline-codes.md` from the code.

`python -m tests.decline_codes_page > docs/decline-codes.md`
"""

import sys
from collections.abc import Iterator, Mapping

from pgw.bank.decline_codes import RESPONSE_CODES
from pgw.domain.decline import OF_OPERATIONS, OF_PAYMENTS, Advice, Decline, DeclineCode

_HEAD = """\
# Why a bank said no

Made from the code (`pgw/domain/decline.py` and `pgw/bank/decline_codes.py`), to which a test holds it.

A declined payment has a `declineCode`. So has the `error` of the job of a declined capture, void or refund.
It is always one of these, whatever the bank's own word is. Where that is another one, it is in the payment's
timeline, as `bankCode`. New codes may come: treat one that you do not know as `generic_decline`.

*Never* is about the card: each further try costs a fee at the card networks, and brings you nearer to being
blocked by them. *Secret* is a reason that the customer must not learn: whoever holds the card may be a thief.
"""
_ROWS = """
| code | means | do | again | tell the customer | response codes |
|---|---|---|---|---|---|
"""
_OF_OPERATIONS = """
## Of captures, voids and refunds alone

The payment is as it was, and what the operation had reserved is free again. An operation may also be declined
with a code from above, such as `processing_error`, or `closed_account` of a refund.
"""
_SOURCE = """
## What the response codes are

A bank that hands on what the card network answered gives a response code of ISO 8583:1987, data element 39,
or one of Visa's own, such as `N7`. Any other word of a bank is `generic_decline`.
"""
AGAIN: Mapping[Advice, str] = {
    Advice.ANOTHER_CARD: "another day",
    Advice.TRY_LATER: "yes, later",
    Advice.NEVER_AGAIN: "**never**",
    Advice.CORRECT: "yes, with what was corrected",
    Advice.PAY_ANEW: "yes, as a new payment",
    Advice.NOTHING: "no",
    Advice.LOOK: "no",
}


def page() -> str:
    """Return the whole page."""
    return "".join(
        (
            _HEAD,
            "\n## Of payments\n",
            _ROWS,
            *_rows(OF_PAYMENTS),
            _OF_OPERATIONS,
            _ROWS,
            *_rows(OF_OPERATIONS),
            _SOURCE,
        )
    )


def _rows(declines: Mapping[DeclineCode, Decline]) -> Iterator[str]:
    for code, decline in declines.items():
        words = " ".join(f"`{word}`" for word, meant in RESPONSE_CODES.items() if meant is code)
        secret = "*secret:* " if decline.is_secret else ""
        told = "nothing" if decline.tell is None else f"{secret}“{decline.tell}”"
        cells = (f"`{code}`", decline.meaning, decline.advice, AGAIN[decline.advice], told, words)
        yield f"| {' | '.join(cells)} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
