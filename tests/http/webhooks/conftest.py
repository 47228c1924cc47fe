from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.http.webhooks.shop import Shop, opened


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with opened(tmp_path / "pgw.db") as shop:
        yield shop
