"""`docs/reconciliation.md` and the command's help name every difference."""

import re
from pathlib import Path

from click.testing import CliRunner

from pgw.cli import main
from pgw.reconciliation.differences import CODES_OF, DifferenceCode

PAGE = Path(__file__).parents[2] / "docs" / "reconciliation.md"


def test_the_page_lists_each_difference_once_and_in_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .+ \| .+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert list(DifferenceCode) == [row for row in rows if row in set(DifferenceCode)]


def test_the_help_names_those_that_are_of_one_kind_alone() -> None:
    said = " ".join(CliRunner().invoke(main, ["reconcile", "--help"]).output.split())
    of_kinds = {
        code
        for codes in CODES_OF.values()
        for code in (codes.too_much, codes.though_failed, codes.though_declined)
    }
    assert [] == [code for code in DifferenceCode if code not in said and code not in of_kinds]
    assert "…TooMuch" in said
    assert "…ThoughFailed, …ThoughDeclined" in said
