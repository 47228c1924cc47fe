"""What is wrong with a request as a whole."""

from pgw.domain.errors import Refusal
from pgw.http.problems.problem import Problem

OF_REQUESTS = (
    Problem(
        "UnauthorizedAccess",
        401,
        "The key is missing or not good",
        "Send `Authorization: Bearer` and your key. One that is mistyped, has expired or was revoked is not "
        "good.",
    ),
    Problem(
        "InsufficientScope",
        403,
        "The key is not for this",
        "The `WWW-Authenticate` header names the scope that it takes. Use a key that has it.",
    ),
    Problem(
        "ForbiddenOrigin",
        403,
        "A page of this origin may not open a stream",
        "The `Origin` header, which browsers send, must be there once and name the gateway as its clients "
        "see it, or an origin that its operator allows (`PGW_ALLOWED_ORIGINS`). Behind a proxy that ends TLS "
        "the gateway knows its own only where it trusts that proxy (`PGW_TRUSTED_PROXIES`).",
    ),
    Problem("UnknownPayment", 404, "There is no such payment", "No payment of yours has this id."),
    Problem("UnknownJob", 404, "There is no such job", "No job of yours has this id."),
    Problem("UnknownRoute", 404, "There is no such route", "Nothing is to be found at this path."),
    Problem(
        "MethodNotAllowed",
        405,
        "The route does not take this method",
        "The `Allow` header lists those it takes.",
    ),
    Problem(
        "NotAcceptable",
        406,
        "The answer cannot be given in an accepted form",
        "Answers are `application/json`; let the `Accept` header allow it.",
    ),
    Problem(
        "RequestTimeout",
        408,
        "The request did not arrive in time",
        "Nothing was accepted; send the request again.",
    ),
    Problem(
        Refusal.IDEMPOTENCY_KEY_IN_USE,
        409,
        "The first request under this idempotency key is still running",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says, under the "
        "same key: you are then answered what the first one was.",
    ),
    Problem("RequestTooLarge", 413, "The body is too large", "A body may have at most 64 KiB."),
    Problem(
        "UnsupportedMediaType",
        415,
        "The body is not sent as JSON",
        "Send `Content-Type: application/json`, in UTF-8 and without a content encoding.",
    ),
    Problem(
        "IdempotencyKeyReused",
        422,
        "The idempotency key was used for another request",
        "Nothing was accepted. A key belongs to the one request that was accepted under it, for at least 24 "
        "hours. To repeat that one send it unchanged; for another one take a new key.",
    ),
    Problem(
        "UpgradeRequired",
        426,
        "The route is a WebSocket",
        "Connect to it with the WebSocket protocol (RFC 6455).",
    ),
    Problem(
        "RateLimited",
        429,
        "The quota of requests is exceeded",
        "Nothing was accepted. Send the request again after the seconds that `Retry-After` says. The policy "
        "`default` counts all requests of a merchant; `failed-authentication` counts those without a valid "
        "key that come from one address, and refuses no others.",
        type="https://iana.org/assignments/http-problem-types#quota-exceeded",
    ),
    Problem(
        "TooManyStreamTickets",
        429,
        "You have too many tickets that are not used",
        "No ticket was issued. A merchant may have 1,000 at a time, each of which ends after 30 s. Ask again "
        "after the seconds that `Retry-After` says.",
    ),
    Problem(
        "RequestHeadTooLarge",
        431,
        "The head of the request is too large",
        "Nothing was accepted, and the connection is closed. The request line and the header fields may have "
        "16 KiB together, in at most 100 fields.",
    ),
)
