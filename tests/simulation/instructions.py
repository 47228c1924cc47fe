"""What merchants do with what was paid: captures, voids and refunds, in parts, too much, twice, at once."""

from collections.abc import Sequence
from random import Random

import trio

from pgw.domain.operation import CaptureOrder, OperationOrder, RefundOrder, VoidOrder
from tests.simulation.clients import (
    LONGEST_PATIENCE_SECONDS,
    Accepted,
    Answer,
    Instruction,
    NextClient,
    NoAnswer,
    Order,
    Refused,
    key_of,
)

MOST_TRIES = 6
GIVES_UP = 0.3
GAPS_SECONDS = (0.0, 0.0, 0.3, 5.0, 40.0)
LONGEST_WAIT_SECONDS = 10.0


def instructions_for(random: Random, order: Order, keyless: float) -> list[Instruction]:
    """Return what a merchant wants to be done with a payment that it knows of, if anything."""
    if not order.accepted:
        return []
    wanted = _wanted(random, order)
    names = [f"{order.amount}-{number}" for number in range(len(wanted))]
    return [
        Instruction(
            merchant_id=order.merchant_id,
            payment_id=order.accepted[0].payment_id,
            order=one,
            request_id=f"req_{name}",
            key=None if random.random() < keyless else key_of(name),
        )
        for one, name in zip(wanted, names, strict=True)
    ]


def _wanted(random: Random, order: Order) -> list[OperationOrder]:
    refunds = [RefundOrder(_part(random, order.amount)) for _ in range(random.choice((1, 2, 2, 3)))]
    if order.capture:
        return [*refunds]
    whole, void = CaptureOrder(), VoidOrder()
    parts = [CaptureOrder(_part(random, order.amount), random.random() < 0.3) for _ in range(3)]
    stories: tuple[list[OperationOrder], ...] = (
        [whole],
        [whole, *refunds],
        [whole, void],
        [void, whole],
        [void],
        [void, void],
        [parts[0], CaptureOrder(is_final=True), refunds[0]],
        [*parts],
        [*parts[:2], *refunds[:2]],
        [parts[0], *refunds, void],
    )
    return random.choice(stories)


def _part(random: Random, amount: int) -> int | None:
    """Return what is wanted of an amount: all that is left, a part, or more than there is."""
    return random.choice(
        (None, random.randint(1, amount), (amount + 1) // 2, amount * 6 // 10 or 1, amount + 1)
    )


async def instruct(random: Random, instructions: Sequence[Instruction], next_client: NextClient) -> None:
    """Begin one after the other, or all at once; some twice at the same time, from as many servers."""
    async with trio.open_nursery() as nursery:
        for instruction in instructions:
            await trio.sleep(random.random() * random.choice(GAPS_SECONDS))
            nursery.start_soon(_instruct, random, instruction, next_client)


async def _instruct(random: Random, instruction: Instruction, next_client: NextClient) -> None:
    async with trio.open_nursery() as nursery:
        for _ in range(2 if instruction.key is not None and random.random() < 0.2 else 1):
            nursery.start_soon(_instruct_once, random, instruction, next_client)
    instruction.is_done = True


async def _instruct_once(random: Random, instruction: Instruction, next_client: NextClient) -> None:
    """Send it until it is accepted, or its merchant has had enough: not every one is ever possible."""
    for _ in range(MOST_TRIES):
        client = await next_client()
        answer: Answer = NoAnswer()
        with trio.move_on_after(random.choice((random.random(), LONGEST_PATIENCE_SECONDS))):
            answer = await client.post_operation(instruction)
        instruction.answers.append(answer)
        gives_up = isinstance(answer, Refused) and random.random() < GIVES_UP
        has_ended = gives_up or (isinstance(answer, Accepted) and random.random() < 0.8)
        if has_ended or instruction.key is None:
            return
        await trio.sleep(random.random() * LONGEST_WAIT_SECONDS)
