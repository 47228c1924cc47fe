"""What the endpoint of tickets takes and answers."""

from attrs import evolve

from pgw.domain.errors import InvalidCode, Refusal
from pgw.http.docs.headers import header
from pgw.http.docs.operation import Answer, Body, Operation, Tag, closed, schema
from pgw.http.docs.parameters import IDEMPOTENCY_KEY
from pgw.http.docs.values import EXAMPLE_TIME
from pgw.http.jobs.tickets import LIFETIME_SECONDS, MOST_OF_A_MERCHANT, PREFIX, RANDOM_BITS

_LETTERS = RANDOM_BITS // 4
_EXAMPLE = {"ticket": PREFIX + "abcdefghijklmnop" * (_LETTERS // 16), "expiresAt": EXAMPLE_TIME}

SCHEMAS = {
    "StreamTicket": closed(
        {
            "ticket": {
                "type": "string",
                "pattern": f"^{PREFIX}[a-p]{{{_LETTERS}}}$",
                "description": "Secret. Send it as `?ticket=` when opening a stream.",
                "examples": [_EXAMPLE["ticket"]],
            },
            "expiresAt": schema("Timestamp"),
        },
        description=f"Opens one stream, within {LIFETIME_SECONDS} s.",
    ),
}

ISSUE_TICKET = Operation(
    id="issueStreamTicket",
    tag=Tag.STREAMS,
    summary="Get a ticket for a browser's WebSocket",
    description="A browser can send no key with a WebSocket, and should have none. Your server asks for a "
    "ticket and hands it to the page, which connects with `?ticket=` within "
    f"{LIFETIME_SECONDS} s. It is good for one handshake, whatever that is answered, and acts as the key "
    "that asked for it: once the key ends the ticket is not good, and a stream that was opened with it is "
    f"closed. At most {MOST_OF_A_MERCHANT:,} may wait to be used. Tickets do not outlive a restart of the "
    "gateway.",
    parameters=(
        evolve(
            IDEMPOTENCY_KEY,
            description="Makes the request safe to repeat: the same key is answered the same ticket until it "
            "expires, used or not.",
        ),
    ),
    body=Body(
        "Nothing, or an object without members.",
        closed({}),
        {"empty": {"summary": "Nothing to say", "value": {}}},
        is_required=False,
    ),
    answers=(
        Answer(
            201,
            "The ticket.",
            schema("StreamTicket"),
            examples={"Ticket": {"summary": "For one stream", "value": _EXAMPLE}},
            headers={
                "Cache-Control": header("NoStore"),
                "Idempotent-Replayed": header("IdempotentReplayed"),
            },
        ),
    ),
    problems=(
        *("MalformedRequest", InvalidCode.UNKNOWN_PARAMETER, "InvalidIdempotencyKey", "RequestTimeout"),
        *("RequestTooLarge", "UnsupportedMediaType", "IdempotencyKeyReused", "TooManyStreamTickets"),
        *(Refusal.OVERLOADED, Refusal.SHUTTING_DOWN, Refusal.STORAGE_UNAVAILABLE),
    ),
)
