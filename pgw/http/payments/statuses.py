from collections.abc import Mapping

from pgw.domain.payment import PaymentStatus

MEANING: Mapping[PaymentStatus, str] = {
    PaymentStatus.CREATED: "on disk, and the bank has not decided",
    PaymentStatus.UNKNOWN: "the bank was asked to authorize and no answer is known; it is being looked up",
    PaymentStatus.AUTHORIZED: "reserved, and nothing of it is captured yet",
    PaymentStatus.PARTIALLY_CAPTURED: "some of what is reserved was captured, and more can be",
    PaymentStatus.APPROVED: "charged: all that is ever captured is",
    PaymentStatus.DECLINED: "the bank said no, and `declineCode` says why",
    PaymentStatus.VOIDED: "given up before anything was captured, and `voidReason` says why",
    PaymentStatus.PARTIALLY_REFUNDED: "some of what was captured was given back, and no more is captured",
    PaymentStatus.REFUNDED: "all that was captured was given back",
    PaymentStatus.FAILED: "never charged, and its job's error says why",
}
"""What a merchant is told of each status, after its name."""


def meanings() -> str:
    """Return what all statuses mean, as one paragraph."""
    return " ".join(f"`{status}`: {meaning}." for status, meaning in MEANING.items())
