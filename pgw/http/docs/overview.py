"""What a reader of the description is told first."""

OVERVIEW = """\
Your server sends a payment and gets `202` and a job at once, as soon as both are on disk. You learn the
outcome by polling the job, by waiting for it, or over a stream.

- **An accepted payment is never lost.**
- **A card is never charged twice.** An outcome that is not known is never guessed: the payment says
  `Unknown` until it is looked up, or reversed.

### A payment's way

1. `POST /payments` answers 202 and a job; repeat it safely under an `Idempotency-Key`.
2. `GET /jobs/{jobId}` with `Prefer: wait=10` answers at the job's next change, until it is `Completed` or
   `Failed`.
3. `GET /payments/{entityId}` tells what became of it.

A payment ordered with `capture: false` is `Authorized`: capture it, in one part or in several, or void it.
What was captured can be refunded. Each of these is answered 202 with a job of its own, as a payment is.

`GET /payments` and `GET /jobs` list them, the newest first, a page at a time; `GET
/payments/{paymentId}/events` tells all that happened to a payment, and why.

Or listen: `WS /jobs/stream` sends a frame for each change, and resumes where it was lost. What comes on it
is described for machines in [/asyncapi.json](/asyncapi.json) (AsyncAPI 3.0).

### Told by webhook

1. `POST /webhook-endpoints` says where to, and is answered with the secret that your webhooks are signed
   with.
2. Each event is posted there, signed after Standard Webhooks 1.0.0, until you answer 2xx; those of one
   payment come in their order.
3. `GET /webhook-deliveries` tells what became of each, and any can be sent again.

### Problems

Every refusal has one shape, `application/problem+json` (RFC 9457), whose `code` says what it is and whose
`type` explains it. 503 means that nothing was accepted.

### On every route

- A trailing slash is the same route.
- `HEAD` is answered wherever `GET` is, without the body. Any other method that is not listed is answered
  405 `MethodNotAllowed`, and its `Allow` lists those that are.
- Any other path is answered 404 `UnknownRoute`, as is a WebSocket where there is none.
- What belongs to another merchant is answered as what does not exist.
- Each answer carries `X-Request-Id`: yours, if you sent a sane one.
"""
