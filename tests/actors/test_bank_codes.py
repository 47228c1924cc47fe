"""The timeline keeps a bank's own word for its no, and tells it to the merchant."""

from datetime import UTC, datetime, timedelta

import pytest

from pgw.actors.happenings import Asking
from pgw.bank.port import Declined
from pgw.domain.decline import DeclineCode
from pgw.domain.timeline import Happening, RecordedEntry
from pgw.http.payments.timeline_representation import entry_document
from pgw.ports import Clock

AT = datetime(2026, 11, 22, 14, 36, 57, tzinfo=UTC)


class HalfASecondLater(Clock):
    def now(self) -> datetime:
        return AT + timedelta(seconds=0.5)

    def monotonic(self) -> float:
        return 0.5


@pytest.mark.parametrize(("bank_code", "expected"), [("51", {"bankCode": "51"}), (None, {})])
def test_the_banks_own_word_stands_beside_ours_where_it_is_another(
    bank_code: str | None, expected: dict[str, str]
) -> None:
    no = Declined(DeclineCode.INSUFFICIENT_FUNDS, bank_code)
    entry = Asking(HalfASecondLater(), AT, 0.0).answered(Happening.SUBMITTED, "ref_1", no)
    told = {"reference": "ref_1", "answer": "declined", "declineCode": "insufficient_funds"}
    assert told | expected | {"milliseconds": 500} == entry.facts
    shown = entry_document(RecordedEntry(1, "job_1", entry))
    assert bank_code == shown.get("bankCode")
