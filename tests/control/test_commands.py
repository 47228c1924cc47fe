"""What is answered to a command, whatever it is, on a real database."""

from decimal import Decimal
from typing import Any

import pytest

from pgw.actors.mailbox import ReplyAbandoned
from pgw.actors.settlement import CannotSettle, Verdict
from pgw.control.answers import Answer, Refused, RefusedFor
from pgw.control.client import ControlUnavailable
from pgw.control.commands import Commands
from pgw.control.operator import Operator
from pgw.control.texts import LONGEST_REASON
from pgw.domain.errors import Refusal
from pgw.domain.flag import FlagCode
from pgw.domain.result import Err, Ok
from pgw.storage.port import StorageUnavailable
from tests.control.payments import Payments
from tests.control.settling import Settling

NO_COMMANDS = [
    *(None, 17, "settle", [], ["settle"], {}, {"command": None}, {"command": "fly"}, {"command": "settle"}),
    {"command": "unresolved", "after": 1},
    {"command": "books"},
    {"command": "bookEntry", "reference": None},
    {"command": "bookEntry", "reference": "\ud800"},
    {"command": "books", "after": "x" * 256},
    {"command": "acknowledge", "jobId": ["job_1"]},
    {"command": "acknowledge", "jobId": "job\n"},
    {"command": "settle", "jobId": "job_1", "verdict": "failed", "reason": 1},
]
BAD_REASONS = ["", " ", "x" * (LONGEST_REASON + 1), "two\nlines", "\x1b[31m", "card 4242 4242 4242 4242"]


def kind_of(answer: Answer) -> RefusedFor:
    assert isinstance(answer, Err), answer
    return answer.error.kind


async def read_all(operator: Operator) -> list[dict[str, Any]]:
    return [one async for page in operator.unresolved() for one in page]


@pytest.mark.parametrize("command", NO_COMMANDS, ids=repr)
async def test_what_is_no_command_is_a_mistake(commands: Commands, command: object) -> None:
    assert RefusedFor.MISTAKE == kind_of(await commands.obey(command))


@pytest.mark.parametrize("reason", BAD_REASONS)
async def test_a_reason_is_one_line_without_a_card_number(
    operator: Operator, settling: Settling, reason: str
) -> None:
    answer = await operator.settle("job_1", Verdict.FAILED, reason)
    assert RefusedFor.MISTAKE == kind_of(answer)
    assert [] == settling.asked


async def test_a_reason_may_be_as_long_as_it_says(operator: Operator, settling: Settling) -> None:
    await operator.settle("job_1", Verdict.FAILED, "x" * LONGEST_REASON)
    assert [("job_1", Verdict.FAILED, "x" * LONGEST_REASON)] == settling.asked


async def test_a_verdict_that_is_none_settles_nothing(commands: Commands, settling: Settling) -> None:
    command = {"command": "settle", "jobId": "job_1", "verdict": "won", "reason": "x"}
    assert RefusedFor.MISTAKE == kind_of(await commands.obey(command))
    assert [] == settling.asked


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        (CannotSettle.UNKNOWN_JOB, RefusedFor.MISTAKE),
        (CannotSettle.BEING_REVERSED, RefusedFor.RULE),
        (CannotSettle.NOT_UNKNOWN, RefusedFor.RULE),
        (CannotSettle.BUSY, RefusedFor.RULE),
    ],
)
async def test_why_it_is_not_settled_is_said_by_the_actor(
    operator: Operator, settling: Settling, why: CannotSettle, kind: RefusedFor
) -> None:
    settling.answer = Err(why)
    assert Err(Refused(kind, why)) == await operator.settle("job_1", Verdict.FAILED, "x")


async def test_a_gateway_that_cannot_now_says_so(operator: Operator, settling: Settling) -> None:
    settling.answer = Err(Refusal.OVERLOADED)
    assert RefusedFor.UNAVAILABLE == kind_of(await operator.settle("job_1", Verdict.FAILED, "x"))
    for error in (StorageUnavailable(), ReplyAbandoned(), RuntimeError("a bug")):
        settling.error = error
        assert RefusedFor.UNAVAILABLE == kind_of(await operator.settle("job_1", Verdict.FAILED, "x"))


async def test_what_is_unresolved_is_listed_whole_page_by_page(
    operator: Operator, payments: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pgw.control.payment_commands.UNRESOLVED_A_PAGE", 2)
    await payments.approved()
    unknown = [await payments.unknown(due_in=2) for _ in range(3)]
    late = await payments.flagged(await payments.settled_as_failed(), FlagCode.LATE_DECISION)
    await payments.accepted()
    listed = await read_all(operator)
    assert [change.job.id for change in [*unknown, late]] == [one["jobId"] for one in listed]
    assert ["Created"] * 3 + ["Failed"] == [one["jobStatus"] for one in listed]


async def test_what_is_unresolved_is_said_in_full(operator: Operator, payments: Payments) -> None:
    await payments.unknown(FlagCode.STILL_UNKNOWN, due_in=2)
    (one,) = await read_all(operator)
    assert one == {
        "jobId": "job_000001",
        "paymentId": "pay_000001",
        "merchantId": "mer_a",
        "jobStatus": "Created",
        "operation": "payment",
        "paymentStatus": "Unknown",
        "amount": Decimal("10.50"),
        "currency": "EUR",
        "since": "2026-11-22T12:30:15.123Z",
        "reference": "ref_000001",
        "outcome": "Doubtful",
        "known": "to be looked up",
        "inquiries": 0,
        "nextInquiryAt": "2026-11-22T12:30:17.123Z",
        "flags": [
            {
                "code": "StillUnknown",
                "detail": "detail of StillUnknown",
                "raisedAt": "2026-11-22T12:30:15.123Z",
            }
        ],
    }
    assert "10.50" == str(one["amount"])


async def test_acknowledged_flags_are_gone_and_the_unknown_outcome_stays(
    operator: Operator, payments: Payments
) -> None:
    change = await payments.unknown(FlagCode.STILL_UNKNOWN, FlagCode.LATE_DECISION)
    late = await payments.flagged(await payments.settled_as_failed(), FlagCode.LATE_DECISION)
    assert Ok({"jobId": change.job.id, "acknowledged": 2}) == await operator.acknowledge(change.job.id)
    assert Ok({"jobId": change.job.id, "acknowledged": 0}) == await operator.acknowledge(change.job.id)
    assert Ok({"jobId": late.job.id, "acknowledged": 1}) == await operator.acknowledge(late.job.id)
    assert [(change.job.id, [])] == [(one["jobId"], one["flags"]) for one in await read_all(operator)]


async def test_a_job_that_is_not_there_has_no_flags_to_acknowledge(operator: Operator) -> None:
    assert Err(Refused(RefusedFor.MISTAKE, CannotSettle.UNKNOWN_JOB)) == await operator.acknowledge("job_1")


async def test_the_books_are_read_by_pages_and_by_entry(
    operator: Operator, payments: Payments, monkeypatch: pytest.MonkeyPatch, storage: Any
) -> None:
    monkeypatch.setattr("pgw.control.payment_commands.BOOKS_A_PAGE", 2)
    for _ in range(3):
        await payments.approved()
    pages = [await operator.books(after) for after in ("", "ref_000002", "ref_000003")]
    assert [["ref_000001", "ref_000002"], ["ref_000003"], []] == [
        [entry.reference for entry in page] for page in pages
    ]
    assert pages[1][0] == await storage.book_entry("ref_000003")
    assert pages[1][0] == await operator.book_entry("ref_000003")
    assert await operator.book_entry("ref_000004") is None


async def test_a_read_that_is_refused_is_an_exception_with_its_sentence(
    operator: Operator, monkeypatch: pytest.MonkeyPatch, storage: Any
) -> None:
    async def unavailable(*_: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(storage, "books", unavailable)
    with pytest.raises(ControlUnavailable, match="does not answer"):
        await operator.books("")
