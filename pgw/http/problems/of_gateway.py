"""What is wrong at the gateway, or cannot be had of it."""

from pgw.domain.errors import Refusal
from pgw.http.problems.problem import Problem

OF_GATEWAY = (
    Problem(
        "InternalError",
        500,
        "Something went wrong on our side",
        "The request may have been accepted. Send it again under the same `Idempotency-Key`; where it had "
        "none, ask for what it was to change first.",
    ),
    Problem(
        "UnsupportedTransferEncoding",
        501,
        "The transfer encoding is not known",
        "Nothing was accepted, and the connection is closed. Send the body with a `Content-Length`, or in "
        "chunks.",
    ),
    Problem(
        Refusal.OVERLOADED,
        503,
        "Too much is in flight",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says.",
    ),
    Problem(
        Refusal.SHUTTING_DOWN,
        503,
        "The gateway is shutting down",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says.",
    ),
    Problem(
        Refusal.STORAGE_UNAVAILABLE,
        503,
        "Storage is not available",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says.",
    ),
    Problem(
        "UnsupportedHttpVersion",
        505,
        "The version of HTTP is not spoken here",
        "Nothing was accepted, and the connection is closed. Speak HTTP/1.1.",
    ),
)
