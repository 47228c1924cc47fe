"""Why a job failed: met in jobs, never as an answer."""

from pgw.domain.errors import FailureCode
from pgw.http.problems.problem import Problem

OF_JOBS = (
    Problem(
        FailureCode.BANK_UNAVAILABLE,
        None,
        "The bank took no request in time",
        "Met as the error of a job. The bank was not reached, or said that it processed nothing, until the "
        "submission window ended. No money moved; you may try again.",
    ),
    Problem(
        FailureCode.BANK_REJECTED,
        None,
        "The bank refused the request",
        "Met as the error of a job. The bank refused the request as malformed. No money moved.",
    ),
    Problem(
        FailureCode.INTERRUPTED,
        None,
        "The bank's answer was lost, and the request was reversed",
        "Met as the error of a job. What the bank made of the request was not to be learnt, and it "
        "acknowledged the reversal, which counts also where the request arrives late. No money moved; you "
        "may try again.",
    ),
    Problem(
        FailureCode.SETTLED_BY_OPERATOR,
        None,
        "An operator ended it as failed",
        "Met as the error of a job. The bank did not tell the outcome, and an operator learnt it by other "
        "means. No money moved; you may try again.",
    ),
    Problem(
        FailureCode.CAPTURE_DECLINED,
        None,
        "The bank declined the capture",
        "Met as the error of a job; its `declineCode` says why. No money moved, and what was reserved is as "
        "it was: capture again where the code is of a passing kind, or void the payment.",
    ),
    Problem(
        FailureCode.VOID_DECLINED,
        None,
        "The bank declined the void",
        "Met as the error of a job; its `declineCode` says why. No money moved, and the payment is as it "
        "was. What is not captured the bank frees by itself when its authorization ends.",
    ),
    Problem(
        FailureCode.REFUND_DECLINED,
        None,
        "The bank declined the refund",
        "Met as the error of a job; its `declineCode` says why. No money moved, and the amount can be "
        "refunded again; where the card takes none, give it back by other means.",
    ),
)
