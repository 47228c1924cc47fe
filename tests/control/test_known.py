from datetime import UTC, datetime

import pytest
from attrs import evolve

from pgw.control.documents import what_is_known
from pgw.domain.attempt import Attempt, AttemptOutcome

NOW = datetime(2026, 11, 22, tzinfo=UTC)
INTENDED = Attempt.intended("ref_1", "pay_1", "job_1", "bank", NOW)


@pytest.mark.parametrize(
    ("outcome", "inquiries", "due_at", "sentence"),
    [
        (AttemptOutcome.INTENDED, 0, NOW, "interrupted; to be looked up"),
        (AttemptOutcome.DOUBTFUL, 0, NOW, "to be looked up"),
        (AttemptOutcome.DOUBTFUL, 1, NOW, "looked up once"),
        (AttemptOutcome.DOUBTFUL, 7, NOW, "looked up 7 times"),
        (AttemptOutcome.DOUBTFUL, 0, None, "the bank cannot be asked"),
        (AttemptOutcome.REVERSING, 0, NOW, "being reversed"),
        (AttemptOutcome.REVERSING, 2, NOW, "being reversed, tried 2 times"),
        (AttemptOutcome.NOT_REVERSIBLE, 0, None, "not reversible, says the bank"),
        (AttemptOutcome.REVERSED, 0, None, "reversed"),
        (AttemptOutcome.SETTLED, 0, None, "settled by an operator: seen"),
        (AttemptOutcome.ANSWERED, 0, None, "answered by the bank"),
        (AttemptOutcome.NOT_PROCESSED, 0, None, "never processed by the bank"),
    ],
)
def test_what_is_known_is_said_in_words(
    outcome: AttemptOutcome, inquiries: int, due_at: datetime | None, sentence: str
) -> None:
    because = "seen" if outcome is AttemptOutcome.SETTLED else None
    attempt = evolve(INTENDED, outcome=outcome, inquiries=inquiries, due_at=due_at, settled_because=because)
    assert sentence == what_is_known(attempt)


@pytest.mark.parametrize(
    ("outcome", "inquiries", "sentence"),
    [
        (AttemptOutcome.INTENDED, 0, "interrupted; to be repeated"),
        (AttemptOutcome.DOUBTFUL, 0, "to be repeated"),
        (AttemptOutcome.DOUBTFUL, 1, "repeated once"),
        (AttemptOutcome.DOUBTFUL, 7, "repeated 7 times"),
        (AttemptOutcome.ANSWERED, 0, "answered by the bank"),
    ],
)
def test_a_void_is_repeated_and_not_looked_up(outcome: AttemptOutcome, inquiries: int, sentence: str) -> None:
    attempt = evolve(INTENDED, outcome=outcome, inquiries=inquiries, due_at=NOW)
    assert sentence == what_is_known(attempt, is_void=True)
