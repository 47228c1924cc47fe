"""What comes out of a real process, on its standard error."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parent.parent
PROGRAM = """
import logging, sys, structlog
from pgw import logs

logs.set_up(sys.argv[1], sys.argv[2])
log = structlog.get_logger()
NUMBER = "4242 4242 4242 4242"
with structlog.contextvars.bound_contextvars(RequestId="req_a"):
    log.debug("Detail", Body={"number": NUMBER})
    text = "a\\nb\\u2028c\\ud800"
    log.info("Request", RequestPath="/payments/" + NUMBER, StatusCode=202, Elapsed=1.5, Text=text)
try:
    try:
        raise ValueError("bad card " + NUMBER)
    except ValueError as cause:
        raise KeyError(int(NUMBER.replace(" ", ""))) from cause
except KeyError as error:
    log.error("RequestFailed", exc_info=error)
    logging.getLogger("library").exception("failed with %s", NUMBER)
logging.getLogger("library").info("chatter")
logging.getLogger("library").log(35, "a level of its own")
log.critical("Ended %s" % NUMBER)
"""


def lines(level: str, log_format: str) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM, level, log_format],
        cwd=PROJECT,
        capture_output=True,
        encoding="utf-8",
        timeout=20,
        check=True,
    )
    assert "" == ended.stdout
    assert "4242" not in ended.stderr
    return ended.stderr.splitlines()


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines("debug", "json")]


def test_json_is_one_object_a_line(events: list[dict[str, Any]]) -> None:
    assert ["Detail", "Request", "RequestFailed", "LibraryMessage", "LibraryMessage", "Ended [redacted]"] == [
        event["Message"] for event in events
    ]


def test_a_line_says_when_how_bad_and_of_which_request(events: list[dict[str, Any]]) -> None:
    request = events[1]
    assert request.pop("Timestamp").endswith("Z")
    expected = {
        "Message": "Request",
        "Level": "info",
        "RequestId": "req_a",
        "RequestPath": "/payments/[redacted]",
        "StatusCode": 202,
        "Elapsed": 1.5,
        "Text": "a\nb\u2028c\ud800",
    }
    assert expected == request
    assert "RequestId" not in events[2]


def test_an_exception_is_told_with_its_cause_and_without_its_card(events: list[dict[str, Any]]) -> None:
    told = events[2]["exception"]
    assert "ValueError: bad card [redacted]" in told
    assert "KeyError: [redacted]" in told


def test_what_a_library_says_goes_the_same_way(events: list[dict[str, Any]]) -> None:
    failed, other = events[3], events[4]
    assert ("library", "failed with [redacted]", "error") == (
        failed["Logger"],
        failed["Text"],
        failed["Level"],
    )
    assert "KeyError: [redacted]" in failed["exception"]
    assert ("a level of its own", "warning") == (other["Text"], other["Level"])


def test_lines_for_people_hold_the_same_and_no_card() -> None:
    text = "\n".join(lines("info", "console"))
    for expected in (
        "Request ",
        "RequestId",
        "req_a",
        "/payments/[redacted]",
        "bad card [redacted]",
        "Ended",
    ):
        assert expected in text
    assert "Detail" not in text


def test_nothing_below_its_level_is_logged() -> None:
    told = [json.loads(line)["Message"] for line in lines("error", "auto")]
    assert ["RequestFailed", "LibraryMessage", "Ended [redacted]"] == told
