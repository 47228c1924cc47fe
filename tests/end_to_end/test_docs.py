"""`/openapi.json`, `/asyncapi.json` and the files of `/docs`, as they are served."""

from __future__ import annotations

from http.client import HTTPConnection
from typing import TYPE_CHECKING

import httpx
import pytest

from pgw.http.docs.document import docs
from tests.described import assert_described

if TYPE_CHECKING:
    from tests.end_to_end.programs import Gateway

SERVED = {
    "/openapi.json": "application/json",
    "/asyncapi.json": "application/json",
    "/docs": "text/html; charset=utf-8",
    **{f"/docs/{name}": file.content_type for name, file in docs().files.items()},
}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize("path", SERVED)
def test_it_is_served_without_a_key_and_again_only_where_it_changed(path: str, gateway: Gateway) -> None:
    answer = httpx.get(gateway.url + path, headers={"Accept": BROWSER})
    assert_described(answer)
    assert (200, SERVED[path], "no-cache") == (
        answer.status_code,
        answer.headers["Content-Type"],
        answer.headers["Cache-Control"],
    )
    etag = answer.headers["ETag"]
    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        unchanged = httpx.get(gateway.url + path, headers={"If-None-Match": known})
        assert_described(unchanged)
        assert (304, b"", etag) == (unchanged.status_code, unchanged.content, unchanged.headers["ETag"])
        assert {"etag", "cache-control", "x-request-id", "date"} == set(unchanged.headers)
    changed = httpx.get(gateway.url + path, headers={"If-None-Match": '"other"'})
    assert (200, answer.content) == (changed.status_code, changed.content)


def test_what_is_served_is_what_the_routes_make(gateway: Gateway) -> None:
    assert docs().description.content == gateway.client.get("/openapi.json").content
    assert docs().streams.content == gateway.client.get("/asyncapi.json").content


@pytest.mark.parametrize("path", [path for path in SERVED if path.startswith("/docs")])
def test_the_page_may_load_nothing_from_elsewhere(path: str, gateway: Gateway) -> None:
    headers = gateway.client.get(path).headers
    assert "nosniff" == headers["X-Content-Type-Options"]
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert ("'none'", "'self'", "'self'") == (
        policy["default-src"],
        policy["script-src"],
        policy["connect-src"],
    )
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "http" not in headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["nothing.js", "__init__.py", "..", "%2e%2e%2fshow.py", "swagger-ui.css%00"])
def test_no_other_name_is_a_file(name: str, gateway: Gateway) -> None:
    connection = HTTPConnection(*gateway.address, timeout=20)  # httpx would set the path right
    connection.request("GET", f"/docs/{name}")
    assert 404 == connection.getresponse().status
    connection.close()


def test_a_browser_gets_the_page_and_an_asker_for_another_form_is_refused(gateway: Gateway) -> None:
    for accept, status in (("text/html", 200), ("application/json", 406), ("text/plain", 406)):
        assert status == gateway.client.get("/docs", headers={"Accept": accept}).status_code
    assert 406 == gateway.client.get("/openapi.json", headers={"Accept": "text/html"}).status_code
