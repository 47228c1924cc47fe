"""The list of tests that are left to the shipped engine alone names tests that are there."""

from pathlib import Path

from tests.storage.conftest import ENGINES, SHIPPED_ALONE

STORAGE = Path(__file__).parents[1] / "storage"


def test_what_is_left_to_the_shipped_engine_is_there() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(STORAGE.glob("test_*.py")))
    assert [] == sorted(name for name in SHIPPED_ALONE if f"def {name}(" not in sources)


def test_both_engines_are_in_the_suite() -> None:
    assert {"sqlite", "simulated"} == set(ENGINES)
