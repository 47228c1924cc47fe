"""The page for people, in a real browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.end_to_end.programs import PROJECT

if TYPE_CHECKING:
    from tests.end_to_end.programs import Gateway

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
REQUIRED = "PGW_BROWSER_REQUIRED"
SECONDS = 150


@pytest.fixture(scope="session")
def chromium() -> str:
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None and os.environ.get(REQUIRED):
        pytest.fail(f"{REQUIRED} is set, and there is no Chromium")
    if found is None:
        pytest.skip(f"there is no Chromium; with {REQUIRED} set this is a failure")
    return found


def test_a_payment_is_made_from_the_page_and_nothing_goes_elsewhere(chromium: str, gateway: Gateway) -> None:
    command = [sys.executable, "-m", "tests.end_to_end.browsing", chromium, gateway.url]
    ran = subprocess.run(
        command,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        start_new_session=True,
    )
    assert 0 == ran.returncode, ran.stderr
    seen = json.loads(ran.stdout)

    assert "pgw" in seen["title"]
    assert "Payments" in seen["groups"][0]
    assert "202" == seen["status"].strip()
    assert seen["address"].endswith("#/Payments/submitPayment")  # which leads here again
    paid = seen["job"]["paymentId"]
    kept = gateway.rows("SELECT merchant_id, reference FROM payments WHERE id = ?", paid)
    assert [("mer_ap_123", "order-17")] == kept

    assert [] == seen["warnings"]
    assert [] == seen["complaints"]
    hosts = {urlsplit(url).netloc for url in seen["requests"] if not url.startswith("data:")}
    assert {urlsplit(gateway.url).netloc} == hosts
