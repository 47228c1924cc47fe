import os
import sys

import pytest
import structlog

from pgw import logs


def test_a_log_that_nobody_reads_loses_a_line_and_not_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        monkeypatch.setattr(sys, "stderr", pipe)
        logs.set_up("info", "json")
        structlog.get_logger().warning("OutcomeUnknown", JobId="job_1")
        monkeypatch.undo()
        os.dup2(os.open(os.devnull, os.O_WRONLY), pipe.fileno())
    logs.set_up("info", "json")
