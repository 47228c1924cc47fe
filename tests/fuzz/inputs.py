"""An input is what one connection sends. A seed and a number give the same one always and everywhere."""

import re
from collections.abc import Callable
from random import Random

from attrs import frozen

from tests.fuzz.frames import conversation
from tests.fuzz.grammar import pay, request
from tests.fuzz.mutations import mutated

# How many clients of a WebSocket wait for the answer to their handshake, as all should.
IS_PATIENT = 0.8
_LETTERS, _DIGITS = str.maketrans("0123456789", "abcdefghij"), str.maketrans("abcdefghij", "0123456789")
_NAMED = re.compile(r"\bfuzz-([a-j]+)\b")


@frozen
class Input:
    """Pieces, each sent at once, the later ones after something was answered where it `is_patient`.

    `requests` is how many answers it is good for, None where nobody knows.
    """

    number: int
    kind: str
    pieces: tuple[bytes, ...]
    requests: int | None
    is_patient: bool = False

    @property
    def name(self) -> str:
        """Return what its requests are called in the log, as far as it was left to them."""
        return name_of(self.number)


def name_of(number: int) -> str:
    """Return a name without a digit in it, which might be the CVV's."""
    return f"fuzz-{str(number).translate(_LETTERS)}"


def numbers_named(text: str) -> list[int]:
    """Return the numbers of the inputs that a text names."""
    return [int(named.translate(_DIGITS)) for named in _NAMED.findall(text)]


def input_of(seed: int, number: int) -> Input:
    """Return the input of that number, which no other input has a part in."""
    random = Random(f"{seed}/{number}")
    kind = random.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    pieces, requests = KINDS[kind][1](random, name_of(number))
    is_patient = kind == "websocket" and random.random() < IS_PATIENT
    return Input(number, kind, tuple(piece for piece in pieces if piece), requests, is_patient)


Made = tuple[list[bytes], int | None]


def _valid(random: Random, name: str) -> Made:
    return [request(random, name, oddness=0)], 1


def _odd(random: Random, name: str) -> Made:
    return _in_pieces(random, request(random, name, oddness=0.5)), 1


def _mutated(random: Random, name: str) -> Made:
    data = request(random, name, oddness=random.choice((0, 0.3)))
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        data = mutated(random, data)
    return _in_pieces(random, data), None


def _pipeline(random: Random, name: str) -> Made:
    """Send several requests at once; a sound one last, which must not be answered as another."""
    requests = [
        request(random, name, oddness=random.choice((0, 0, 0.2))) for _ in range(random.randint(1, 6))
    ]
    return _in_pieces(random, b"".join([*requests, pay(random, name)])), len(requests) + 1


def _websocket(random: Random, name: str) -> Made:
    pieces = conversation(random, name)
    if random.random() < 0.2:
        where = random.randrange(len(pieces))
        pieces[where] = mutated(random, pieces[where])
    return pieces, None


def _noise(random: Random, _name: str) -> Made:
    noise = random.randbytes(random.choice((1, 10, 200, 5000)))
    return [
        random.choice(
            (noise, b"\x16\x03\x01" + noise, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + noise, b"\r\n" * 50)
        )
    ], None


KINDS: dict[str, tuple[int, Callable[[Random, str], Made]]] = {
    "valid": (16, _valid),
    "odd": (38, _odd),
    "mutated": (26, _mutated),
    "pipeline": (6, _pipeline),
    "websocket": (11, _websocket),
    "noise": (3, _noise),
}


def _in_pieces(random: Random, data: bytes) -> list[bytes]:
    if random.random() < 0.7:
        return [data]
    cuts = sorted(random.randrange(len(data) + 1) for _ in range(random.randint(1, 4)))
    return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
