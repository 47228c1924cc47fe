"""Pays from the page in a real browser: `python -m tests.end_to_end.browsing CHROMIUM URL`.

A process of its own, since Playwright's event loop and that of the storage engine are not for the same one.
It prints what it saw as one JSON object.
"""

import json
import sys
from typing import Any

from playwright.sync_api import Page, sync_playwright

# Besides what a container needs: nothing of the browser's own goes out.
SWITCHES = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]
MILLISECONDS = 60_000


def main(chromium: str, url: str) -> None:
    complaints: list[str] = []
    requests: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES, timeout=MILLISECONDS)
        page = browser.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"failed: {request.url}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(f"{url}/docs")
        page.wait_for_selector(".opblock")
        seen = {"title": page.title(), "groups": page.locator(".opblock-tag").all_inner_texts()}
        seen["warnings"] = page.locator(".errors-wrapper, .version-pragma__message").all_inner_texts()
        authorize(page, "ap_123")
        seen |= pay(page, url)
        browser.close()
    json.dump({**seen, "requests": requests, "complaints": complaints}, sys.stdout)


def authorize(page: Page, key: str) -> None:
    page.click(".btn.authorize")
    page.fill(".modal-ux input", key)
    page.click(".modal-ux .authorize[type=submit]")
    page.click(".modal-ux .btn-done")


def pay(page: Page, url: str) -> dict[str, Any]:
    """Send the first example, as the page fills it in, and wait until the answer is shown."""
    operation = page.locator("#operations-Payments-submitPayment")
    operation.locator(".opblock-summary-control").click()
    operation.locator(".try-out__btn").click()
    with page.expect_response(f"{url}/payments") as answered:
        operation.locator(".execute").click()
    job = answered.value.json()
    shown = operation.locator(".live-responses-table .response")
    shown.get_by_text(job["jobId"]).first.wait_for()
    status = shown.locator(".response-col_status").first.inner_text()
    return {"job": job, "status": status, "address": page.url}


if __name__ == "__main__":
    main(*sys.argv[1:])
