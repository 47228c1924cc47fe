"""What a body costs, whoever sent it."""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pgw.domain.result import Err, Ok
from pgw.http.documents import parse

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=20), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("number", ["1e1000000", "-1e1000000", "1e999999999999999999", "9" * 60_000])
def test_a_number_of_any_size_is_read_at_once(number: str) -> None:
    began = time.process_time()
    assert Ok({"amount": Decimal(number)}) == parse(b'{"amount":%b}' % number.encode())
    assert time.process_time() - began < 0.1


def test_a_duplicate_among_thousands_is_found_at_once() -> None:
    members = ",".join(f'"{number:x}":1' for number in range(6000))
    began = time.process_time()
    assert Err('The member "z" appears twice in one object.') == parse(f'{{{members},"z":1,"z":1}}'.encode())
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize("depth", [33, 900, 20_000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")], ids=["arrays", "objects"])
def test_deep_nesting_is_refused(depth: int, opening: bytes, closing: bytes) -> None:
    body = b'{"a":' + opening * depth + b"1" + closing * depth + b"}"
    assert Err("The body is nested too deeply.") == parse(body)


def test_many_objects_side_by_side_are_not_deep() -> None:
    assert isinstance(parse(b'{"a":[' + b"{}," * 1000 + b"{}" + b"]}"), Ok)
    assert isinstance(parse(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}"), Ok)


@given(st.dictionaries(st.text(max_size=20), VALUES, max_size=4), st.booleans())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_object_is_read_as_it_was_written(document: dict[str, object], ensure_ascii: bool) -> None:
    assert Ok(document) == parse(json.dumps(document, ensure_ascii=ensure_ascii).encode())


@given(st.binary() | st.text().map(str.encode))
@settings(max_examples=100, deadline=None)
def test_no_body_raises(body: bytes) -> None:
    match parse(body):
        case Ok(document):
            assert isinstance(document, dict)
        case Err(sentence):
            assert sentence.endswith(".")
