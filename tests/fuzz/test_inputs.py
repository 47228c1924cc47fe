"""The same seed and number are the same input, here and in another process; and all kinds do come."""

import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest

from tests.end_to_end.programs import PROJECT
from tests.fuzz.canary import CARD, CVV
from tests.fuzz.frames import masked
from tests.fuzz.inputs import KINDS, Input, input_of, name_of, numbers_named
from tests.fuzz.mutations import TOKENS, mutated
from tests.fuzz.orders import CHANGES, order
from tests.fuzz.vocabulary import NAMES

MANY = 3000


def digest_of(seed: int, numbers: Iterable[int]) -> str:
    return hashlib.sha256(repr([input_of(seed, number) for number in numbers]).encode()).hexdigest()


@pytest.fixture(scope="module")
def inputs() -> list[Input]:
    return [input_of(1, number) for number in range(MANY)]


def test_a_seed_and_a_number_are_one_input_in_any_order_and_process() -> None:
    program = "from tests.fuzz.test_inputs import digest_of; print(digest_of(7, range(300)))"
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(PROJECT)}
    told = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    backwards = {number: input_of(7, number) for number in reversed(range(300))}
    assert digest_of(7, range(300)) == told.stdout.strip()
    assert [input_of(7, number) for number in range(300)] == [backwards[number] for number in range(300)]


def test_the_name_of_an_input_tells_its_number_and_has_no_digit() -> None:
    names = [name_of(number) for number in (0, 1, 10, int(CVV), 200_000)]
    assert [0, 1, 10, int(CVV), 200_000] == numbers_named(f'"{names[0]}" {", ".join(names[1:])} fuzz-7')
    assert not re.search(r"\d", "".join(names))


def test_another_seed_or_number_is_another_input() -> None:
    assert digest_of(7, range(50)) != digest_of(8, range(50))
    assert digest_of(7, range(50)) != digest_of(7, range(50, 100))


def test_all_kinds_come_about_as_often_as_they_should(inputs: list[Input]) -> None:
    kinds = Counter(one.kind for one in inputs)
    weights = {kind: weight for kind, (weight, _) in KINDS.items()}
    assert dict.fromkeys(weights, True) == {
        kind: 0.6 < kinds[kind] / MANY / (weight / sum(weights.values())) < 1.6
        for kind, weight in weights.items()
    }


def test_most_inputs_have_card_data_in_them(inputs: list[Input]) -> None:
    with_number = [one for one in inputs if CARD.encode() in b"".join(one.pieces)]
    with_cvv = [one for one in inputs if CVV.encode() in b"".join(one.pieces)]
    assert len(with_number) > MANY / 4
    assert len(with_cvv) > MANY / 4


def test_no_cvv_is_where_four_digits_may_be_shown(inputs: list[Input]) -> None:
    """Of inputs that are not mutated: any byte may have got anywhere in those."""
    shown = []
    for one in inputs:
        if one.kind in {"valid", "odd"}:
            lines = re.split(rb"[\r\n\0]+", b"".join(one.pieces))
            target = lines[0].partition(b"?")[0]
            ids = [line for line in lines if line.lower().startswith(b"x-request-id")]
            shown += [line for line in (target, *ids) if CVV.encode() in line]
    assert [] == shown


def test_every_name_of_a_header_and_token_is_used(inputs: list[Input]) -> None:
    everything = b"\r\n".join(piece for one in inputs for piece in one.pieces)
    assert [] == [name for name in NAMES if name not in everything]
    assert [] == [token for token in TOKENS if token not in everything]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_each_change_of_an_order_changes_it(change: object) -> None:
    random = Random(1)
    before = [order(random) for _ in range(50)]
    after = [json.loads(json.dumps(one)) for one in before]
    for one in after:
        change(random, one)  # type: ignore[operator]
    assert sum(one != other for one, other in zip(before, after, strict=True)) > 40


def test_mutations_change_and_keep_within_bounds() -> None:
    random = Random(1)
    data = b"POST /payments HTTP/1.1\r\nHost: x\r\n\r\n{}"
    changed = [mutated(random, data) for _ in range(500)]
    assert sum(one != data for one in changed) > 400
    assert max(map(len, changed)) < 2 * len(data) + max(map(len, TOKENS))
    assert isinstance(mutated(random, b""), bytes)


def test_a_mask_is_its_own_opposite() -> None:
    for payload in (b"", b"a", b"abcd", b"\0\0\0hello"):
        assert payload == masked(masked(payload, b"\x01\x02\xff\0"), b"\x01\x02\xff\0")
    # RFC 6455, section 5.7
    assert b"\x7f\x9f\x4d\x51\x58" == masked(b"Hello", b"\x37\xfa\x21\x3d")
