"""What is installed is pinned by its content, wherever it comes from."""

import re
from pathlib import Path

LOCK = Path(__file__).parents[1] / "requirements.lock"
REQUIREMENT = re.compile(
    r"(?P<name>[a-z0-9]+(?:[._-][a-z0-9]+)*)==(?P<version>[0-9][0-9a-z.+!]*)"
    r"(?: ; [^\\]+?)?(?: --hash=sha256:[0-9a-f]{64})+"
)


def requirements(text: str) -> list[str]:
    """Return one line a requirement, with its hashes and without comments."""
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    joined = "\n".join(lines).replace("\\\n", " ")
    return [" ".join(line.split()) for line in joined.splitlines() if line.strip()]


def test_the_lock_file_names_no_address() -> None:
    assert [] == [line for line in LOCK.read_text().splitlines() if "://" in line]


def test_every_requirement_is_one_version_with_its_hashes() -> None:
    found = requirements(LOCK.read_text())
    assert [] == [line for line in found if not REQUIREMENT.fullmatch(line)]
    names = [line.partition("==")[0] for line in found]
    assert {"trio", "quart", "hypercorn", "aiosqlite", "pytest"} <= set(names)
