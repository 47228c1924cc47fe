"""Pay, and listen on the WebSocket for what becomes of it: python examples/pay_and_listen.py --help."""

import argparse
import json
import random
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, open_websocket_url

LONGEST_SECONDS = 60
SILENCE_SECONDS = 45  # three heartbeats: a connection that is silent for longer is dead
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
KEY_ENDED, EVENTS_GONE = 1008, 4410  # what closes a stream for good


async def main() -> int:
    """Return 0 when the payment is approved, else 1."""
    parser = argparse.ArgumentParser(description="Pay 10.50 EUR and print each frame until the job ends.")
    parser.add_argument("--url", default="http://127.0.0.1:50947", help="where the gateway is (%(default)s)")
    parser.add_argument("--key", default="ap_123", help="your API key (%(default)s)")
    parser.add_argument("--card", default="4242 4242 4242 4242", help="card number (%(default)s)")
    options = parser.parse_args()
    try:
        return await pay_and_listen(options.url, options.key, options.card)
    except httpx.HTTPStatusError as error:
        problem = error.response.json()
        print(f"Refused: {problem['detail']} ({problem['code']})")
    except ConnectionRejected as refused:
        print(f"Refused: {json.loads(refused.body or b'{}').get('detail', refused.status_code)}")
    except (HandshakeError, httpx.TransportError, ValueError):
        print(f"The gateway is not reachable at {options.url}. Is it running? Try: pgw demo")
    except ConnectionClosed as closed:
        print(f"The stream ended: {closed.reason}")
    return 1


async def pay_and_listen(url: str, key: str, number: str) -> int:
    job: dict[str, Any] = {}

    async def handle(frame: dict[str, Any]) -> bool:
        """Return whether to go on listening."""
        nonlocal job
        if frame["type"] == "stream.ready" and not job:
            job = await pay(url, key, number)
        elif frame.get("job", {}).get("jobId") == job["jobId"]:
            job = frame["job"]
            print(f"Frame:     {frame['seq']} {frame['type']}, payment is {job['paymentStatus']}")
        return bool(job["status"] == "Created")

    with trio.move_on_after(LONGEST_SECONDS):
        await listen(url, key, handle)
    if job.get("status") == "Created":
        print("Outcome:   not known yet; the gateway goes on asking the bank, and never guesses")
    return 0 if job.get("paymentStatus") == "Approved" else 1


async def listen(url: str, key: str, handle: Callable[[dict[str, Any]], Awaitable[bool]]) -> None:
    """Hand on each frame, each event once and in order, through all lost connections."""
    stream_url = f"{url.replace('http', 'ws', 1)}/jobs/stream"
    headers = [(b"Authorization", f"Bearer {key}".encode())]
    after, tries, goes_on = None, 0, True
    while goes_on:
        resumed = stream_url if after is None else f"{stream_url}?after={after}"
        try:
            async with open_websocket_url(resumed, extra_headers=headers, disconnect_timeout=2) as stream:
                while goes_on:
                    with trio.fail_after(SILENCE_SECONDS):
                        frame = json.loads(await stream.get_message())
                    if frame["type"] == "stream.ready":
                        print(f"Listening: {frame['type']} at seq {frame['seq']}")
                    goes_on = await handle(frame)
                    # Only now: what was not handled comes again. Store it beside what `handle` stores.
                    after, tries = frame["seq"], 0
        except (ConnectionClosed, HandshakeError, trio.TooSlowError) as error:
            if after is None or is_final(error):
                raise
            tries += 1
            seconds = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(tries, 16)) * random.uniform(0.5, 1)  # noqa: S311
            print(f"Lost:      {type(error).__name__}; on after seq {after} in {seconds:.1f} s")
            await trio.sleep(seconds)


def is_final(error: Exception) -> bool:
    """Tell what trying again would not help."""
    if isinstance(error, ConnectionRejected):
        return error.status_code < httpx.codes.INTERNAL_SERVER_ERROR and error.status_code != 429  # noqa: PLR2004
    reason = error.reason if isinstance(error, ConnectionClosed) else None
    return reason is not None and reason.code in {KEY_ENDED, EVENTS_GONE}


async def pay(url: str, key: str, number: str) -> dict[str, Any]:
    american_express = number.startswith(("34", "37"))
    card = {"number": number, "cvv": "1234" if american_express else "123"}
    order = {"amount": "10.50", "currency": "EUR", "description": "Order 17"}
    # Send the request again under the same key, and it is still one payment.
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid.uuid4())}
    async with httpx.AsyncClient(base_url=url, headers=headers) as gateway:
        accepted = await gateway.post(
            "/payments", json=order | {"card": card | {"expiryMonth": 11, "expiryYear": 2034}}
        )
    job: dict[str, Any] = accepted.raise_for_status().json()
    print(f"Accepted:  job {job['jobId']}")
    return job


if __name__ == "__main__":
    sys.exit(trio.run(main))
