"""`docs/metrics.md` lists what is measured: all of it, and nothing else."""

import re
from pathlib import Path

from pgw.measures import Measures
from tests.metrics.families import Scrape
from tests.metrics.gateway import exposition_of, scraped, some_measures

TABLE = Path(__file__).parents[2] / "docs" / "metrics.md"
Row = tuple[str, str, frozenset[str]]


def rows() -> dict[str, tuple[Row, str, str]]:
    """Return each metric's row: what is checked, what it tells, and what to alert on."""
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| `"):
            name, kind, labels, tells, alert = (cell.strip() for cell in line.split("|")[1:-1])
            row = (name.strip("` "), kind, frozenset(re.findall(r"`(\w+)`", labels)))
            assert row[0] not in found, f"{row[0]} is listed twice"
            found[row[0]] = (row, tells, alert)
    return found


def exposed(scrape: Scrape) -> dict[str, Row]:
    return {
        name: (
            name,
            family.type,
            frozenset(label for sample in family.samples for label in sample.labels) - {"le"},
        )
        for name, family in scrape.families.items()
    }


async def test_the_table_is_what_is_exposed() -> None:
    measures = some_measures()
    measured: Measures = measures
    measured.request_answered("GET", "/jobs/{jobId}", 200, 0.001)
    expected = exposed(await scraped(exposition_of(measures)))
    assert expected == {name: row for name, (row, _, _) in rows().items()}


def test_each_row_says_what_it_tells() -> None:
    assert [] == [name for name, (_, tells, _) in rows().items() if len(tells) < 10]
