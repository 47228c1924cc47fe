"""A request that is repeated under its key until it is answered, whatever is killed meanwhile."""

from collections import Counter
from random import Random

import httpx
import trio
from attrs import frozen

from tests.torture.operations import Operation
from tests.torture.orders import Order

LONGEST_WAIT_TO_REPEAT, LONGEST_WAIT_TO_CONNECT = 0.4, 0.8
PATIENCE, IMPATIENCE = 5.0, 0.02
REPEAT = frozenset({httpx.codes.INTERNAL_SERVER_ERROR, httpx.codes.SERVICE_UNAVAILABLE})
IN_USE = "IdempotencyKeyInUse"


@frozen
class Answered:
    """`was_doubtful` says that an earlier try may have been sent, and was not answered."""

    response: httpx.Response
    was_doubtful: bool


async def ask(
    http: httpx.AsyncClient,
    request: Order | Operation,
    random: Random,
    answers: Counter[str],
    *,
    impatience: float = 0,
) -> Answered:
    """Repeat until an answer that is neither 500, 503 nor that its key is in use; count all answers.

    `impatience` is the share of tries, from 0 to 1, that are hardly waited for.
    """
    was_doubtful = False
    while True:
        longest_wait = LONGEST_WAIT_TO_REPEAT
        patience = IMPATIENCE if random.random() < impatience else PATIENCE
        try:
            response = await http.post(
                request.path, json=request.document, headers=request.headers, timeout=patience
            )
        except httpx.ConnectError:
            answers["ConnectError"] += 1
            longest_wait = LONGEST_WAIT_TO_CONNECT
        except httpx.TransportError as error:
            answers[type(error).__name__] += 1
            was_doubtful = True
        else:
            answers[_shown(response)] += 1
            if response.status_code not in REPEAT and code_of(response) != IN_USE:
                return Answered(response, was_doubtful)
            was_doubtful |= response.status_code == httpx.codes.INTERNAL_SERVER_ERROR
        await trio.sleep(random.random() * longest_wait)


def code_of(response: httpx.Response) -> str | None:
    """Name the problem, None where it is none."""
    return None if response.is_success else str(response.json()["code"])


def _shown(response: httpx.Response) -> str:
    if response.status_code == httpx.codes.CONFLICT:
        return str(code_of(response))
    return str(response.status_code)
