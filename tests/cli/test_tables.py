import pytest

from pgw.cli.tables import Table, printable


def test_columns_are_aligned_and_widen_page_by_page(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table("NAME", "MONEY", "", right=("MONEY",))
    table.fit([("a", "1.00", "x"), ("abcdef", "10.00", "")])
    table.print(("a", "1.00", "x"))
    table.print(("abcdef", "10.00", ""), colour="red")
    table.print(("abcdefgh", "1,000.00", "y"))
    assert [
        "NAME    MONEY",
        "a        1.00  x",
        "abcdef  10.00",
        "abcdefgh  1,000.00  y",
    ] == capsys.readouterr().out.splitlines()


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    assert "a\ufffd[31mb\ufffd \N{EURO SIGN}" == printable("a\x1b[31mb\n \N{EURO SIGN}")
