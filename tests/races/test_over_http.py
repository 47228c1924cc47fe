"""The race as merchants run it: real sockets, a gateway and a bank of their own processes."""

from pathlib import Path

import pytest

from tests.races.over_http import ONE_WINS, Races, run_over_http

TIMES = 15
# Lets every refund begin, so that nobody but the database stops the second.
ALWAYS_YES = """
from attrs import evolve
from pgw.actors import operation
from pgw.domain.operation import Begun, RefundOrder
from pgw.domain.result import Ok

begin = operation.begin

def always(payment, order, at):
    if not isinstance(order, RefundOrder):
        return begin(payment, order, at)
    return Ok(Begun(evolve(payment, refunding=payment.refunding + order.amount), order.amount))

operation.begin = always
"""


async def test_of_two_refunds_that_race_exactly_one_is_accepted_and_the_books_are_right(
    tmp_path: Path,
) -> None:
    races = await run_over_http(TIMES, tmp_path)
    assert ({ONE_WINS: TIMES}, []) == (races.finishes, races.findings)


async def test_a_gateway_that_lets_every_refund_begin_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(ALWAYS_YES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    races: Races = await run_over_http(3, tmp_path)
    assert races.finishes[ONE_WINS] < 3, races.finishes
