import click
import pytest

from pgw.cli.events import EventLines
from pgw.domain.job import JobEvent, event_type
from pgw.http.docs import lives
from pgw.http.jobs.frames import event_document


def test_members_of_other_kinds_than_a_gateway_sends_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = {"jobId": [1], "paymentStatus": None, "amount": {}, "error": {"detail": 7}}
    EventLines().print(5, "x", ["y"], {"job": job, "payment": {"price": {"currency": ["a"]}}})
    _, line = capsys.readouterr().out.splitlines()
    assert ["-", "x", "['y']", "-", "[1]", "None", "{}", "['a']", "7"] == line.split()


@pytest.mark.parametrize(
    ("life", "cells", "note", "colour"),
    [
        (lives.CAPTURE, ["capture", "Authorized", "4.00"], "", None),
        (lives.CAPTURED_IN_PART, ["capture", "PartiallyCaptured", "4.00"], "", "green"),
        (lives.LAST_CAPTURE, ["capture", "Approved", "3.50"], "final", "green"),
        (lives.VOIDED, ["void", "Voided", "10.50"], "", None),
        (lives.REFUND, ["refund", "Approved", "4.00"], "reason: Returned", None),
        (lives.REFUNDED_IN_PART, ["refund", "PartiallyRefunded", "4.00"], "reason: Returned", None),
        (
            lives.REFUND_DECLINED,
            ["refund", "Approved", "4.00"],
            "The bank declined the refund.  (closed_account)  reason: Returned",
            "red",
        ),
    ],
)
def test_an_operation_is_shown_with_what_it_came_to(
    life: lives.Life,
    cells: list[str],
    note: str,
    colour: str | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Green is only what has come about: a declined refund of an approved payment is no good news."""
    frame = event_document(JobEvent(7, event_type(life.job), life.job))
    with click.Context(click.Command("watch"), color=True):
        EventLines().print("2026-11-22T14:36:57.563Z", 7, frame["type"], {"job": frame["job"]})
    _, line = capsys.readouterr().out.splitlines()
    shown = click.unstyle(line)
    assert line == (click.style(shown, fg=colour) if colour else click.style(shown))
    assert [cells[0], life.job.id, *cells[1:]] == shown.split()[5:9]
    assert shown.endswith(f"  {note}" if note else cells[2])
