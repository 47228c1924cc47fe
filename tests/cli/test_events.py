import pytest

from pgw.cli.events import EventLines


def test_members_of_other_kinds_than_a_gateway_sends_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    job = {"jobId": [1], "paymentStatus": None, "amount": {}, "error": {"detail": 7}}
    EventLines().print(5, "x", ["y"], {"job": job, "payment": {"price": {"currency": ["a"]}}})
    _, line = capsys.readouterr().out.splitlines()
    assert ["-", "x", "['y']", "-", "[1]", "None", "{}", "['a']", "7"] == line.split()
