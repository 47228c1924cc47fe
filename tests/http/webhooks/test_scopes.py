"""Reading and changing webhooks each take a scope; one of payments is none of these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pgw.domain.merchant import Scope
from pgw.http.routes import ROUTES
from tests.http.webhooks.shop import with_scopes

if TYPE_CHECKING:
    from tests.http.webhooks.shop import Shop

OF_WEBHOOKS = [(one.method, one.path) for one in ROUTES if one.path.startswith("/webhook-")]


async def test_reading_and_changing_take_a_scope_each(shop: Shop) -> None:
    assert 9 == len(OF_WEBHOOKS)
    for scope in Scope:
        key = with_scopes(shop.parts, scope)
        for method, path in OF_WEBHOOKS:
            wanted = Scope.WEBHOOKS_READ if method == "GET" else Scope.WEBHOOKS_WRITE
            answer = await shop.ask(method, path, {}, key=key)
            assert (answer.status == 403) == (scope is not wanted), (scope, method, path)
            if answer.status == 403:
                assert f'scope="{wanted}"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize("scope", [Scope.WEBHOOKS_READ, Scope.WEBHOOKS_WRITE])
async def test_a_key_for_webhooks_pays_and_reads_nothing(scope: Scope, shop: Shop) -> None:
    key = with_scopes(shop.parts, scope)
    for method, path in (("POST", "/payments"), ("GET", "/payments/x"), ("GET", "/jobs/x")):
        assert 403 == (await shop.ask(method, path, key=key)).status
