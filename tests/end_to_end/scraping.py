"""Scrapes a gateway as Prometheus does, until it says what a test waits for."""

import time
from collections.abc import Callable

import httpx

from tests.metrics.families import Scrape

LOOK_SECONDS = 0.1


def scrape(url: str) -> Scrape:
    answer = httpx.get(f"{url}/metrics", timeout=10)
    assert 200 == answer.status_code
    return Scrape.of(answer.text)


def scraped_once(url: str, holds: Callable[[Scrape], bool], seconds: float = 10) -> Scrape:
    """Scrape again and again: the text is up to a second old."""
    until = time.monotonic() + seconds
    while not holds(found := scrape(url)):
        assert time.monotonic() < until, found.text
        time.sleep(LOOK_SECONDS)
    return found
