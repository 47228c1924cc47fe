"""Pay, and listen on the WebSocket for what becomes of it: python examples/pay_and_listen.py --help."""

import argparse
import json
import sys
import uuid
from urllib.parse import urljoin

import httpx
import trio
from trio_websocket import ConnectionClosed, ConnectionRejected, HandshakeError, open_websocket_url

LONGEST_SECONDS = 60


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
        print(f"The stream ended ({closed.reason}); ?after=SEQ takes it up again")
    return 1


async def pay_and_listen(url: str, key: str, number: str) -> int:
    bearer = f"Bearer {key}"
    stream_url = urljoin(url.replace("http", "ws", 1), "/jobs/stream")
    async with open_websocket_url(stream_url, extra_headers=[(b"Authorization", bearer.encode())]) as stream:
        ready = json.loads(await stream.get_message())
        print(f"Listening: {ready['type']} at seq {ready['seq']}")
        american_express = number.startswith(("34", "37"))
        card = {"number": number, "cvv": "1234" if american_express else "123"}
        order = {"amount": "10.50", "currency": "EUR", "description": "Order 17"}
        # Send the request again under the same key, and it is still one payment.
        headers = {"Authorization": bearer, "Idempotency-Key": str(uuid.uuid4())}
        async with httpx.AsyncClient(base_url=url, headers=headers) as gateway:
            accepted = await gateway.post(
                "/payments", json=order | {"card": card | {"expiryMonth": 11, "expiryYear": 2034}}
            )
        job = accepted.raise_for_status().json()
        print(f"Accepted:  job {job['jobId']}")
        with trio.move_on_after(LONGEST_SECONDS):
            while job["status"] == "Created":
                frame = json.loads(await stream.get_message())
                if frame.get("job", {}).get("jobId") == job["jobId"]:
                    job = frame["job"]
                    print(f"Frame:     {frame['seq']} {frame['type']}, payment is {job['paymentStatus']}")
    if job["status"] == "Created":
        print("Outcome:   not known yet; the gateway goes on asking the bank, and never guesses")
    return 0 if job["paymentStatus"] == "Approved" else 1


if __name__ == "__main__":
    sys.exit(trio.run(main))
