"""What a kill left of the timeline is held against itself, and against what was there before."""

import shutil
import signal
import sqlite3
from pathlib import Path

import pytest
import trio

from tests.end_to_end.programs import Gateway, Simulator
from tests.torture.verifier import Verifier
from tests.torture.world import World

_UNTRIGGERED = "DROP TRIGGER what_happened_is_kept; DROP TRIGGER what_happened_stands;"
BROKEN = {
    "one is changed": f"{_UNTRIGGERED} UPDATE timeline SET payment_id = 'another' WHERE number = 2",
    "one is gone": f"{_UNTRIGGERED} DELETE FROM timeline WHERE number = 2",
}


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a gateway that was killed, with one of before in `earlier`."""
    folder = tmp_path_factory.mktemp("killed")
    bank = Simulator()
    gateway = Gateway(folder / "pgw.db", bank.url)
    gateway.settled(gateway.pay())
    gateway.end(signal.SIGKILL)
    (folder / "earlier").mkdir()
    for path in folder.glob("pgw.db*"):
        if path.is_file():
            shutil.copy(path, folder / "earlier")
    gateway = Gateway(folder / "pgw.db", bank.url)
    gateway.settled(gateway.pay())
    gateway.end(signal.SIGKILL)
    bank.end()
    return folder


@pytest.fixture
def verifier(killed: Path, tmp_path: Path) -> Verifier:
    """Return one that looks at files of its own."""
    copied = shutil.copytree(killed, tmp_path / "now", ignore=shutil.ignore_patterns("*.control"))
    return Verifier(World(Path(copied), dedupe=True, gateway_port=0, bank_port=0))


def test_what_goes_on_is_sound_and_not_kept_any_more(verifier: Verifier) -> None:
    verifier.keep()
    verifier.keep()
    trio.run(verifier.verify_kept)
    assert (2, []) == (verifier.verified, verifier.findings)
    assert [] == list(verifier.world.folder.glob("left by*"))


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_broken_chain_is_told_and_kept(change: str, verifier: Verifier) -> None:
    with sqlite3.connect(verifier.world.database) as connection:
        connection.executescript(change)
    verifier.keep()
    trio.run(verifier.verify_kept)
    (finding,) = verifier.findings
    assert "pgw audit verify after a kill" in finding
    assert 1 == len(list(verifier.world.folder.glob("left by*")))


def test_a_life_that_forgot_what_was_there_before_is_told(verifier: Verifier) -> None:
    verifier.keep()
    for path in (verifier.world.folder / "earlier").iterdir():
        shutil.copy(path, verifier.world.folder)
    verifier.keep()
    trio.run(verifier.verify_kept)
    (finding,) = verifier.findings
    assert "left by kill 1" in finding
