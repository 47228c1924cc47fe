"""The shipped schema and pragmas on the simulated disk: what was acknowledged survives whatever happens."""

from functools import partial
from pathlib import Path
from random import Random

import pytest
import trio

from pgw.domain.result import Ok
from pgw.storage import database
from pgw.storage.port import Storage, StorageCannotOpen, StorageLost
from tests.simulation.disk import Disk, Operation
from tests.simulation.life import Life, ProcessDied
from tests.simulation.storage import check_integrity, open_simulated_storage
from tests.storage.conftest import MERCHANTS, Changes
from tests.storage.conftest import Database as Merchants
