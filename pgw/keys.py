"""Which keys are honoured from the start: those that are stored, and those of demo merchants where wanted."""

import structlog

from pgw.actors.key_ring import KeyRing
from pgw.domain.api_key import ApiKey
from pgw.domain.key_format import hint_of
from pgw.domain.merchant import Merchant, Scope
from pgw.ports import Clock
from pgw.settings import DEMO_KEYS
from pgw.storage.port import Storage

_log = structlog.get_logger()


async def fill(ring: KeyRing, storage: Storage, clock: Clock, *, demo: bool) -> None:
    """Put all keys that may be honoured on the ring, where wanted those of the demo merchants too."""
    if demo:
        for text, name in DEMO_KEYS.items():
            await storage.add_merchant(Merchant(f"mer_{text}", name, clock.now()))
            await storage.add_key(_demo_key(ring, text, clock))
    keys = await storage.keys_not_revoked()
    for merchant_id in await storage.disabled_merchants():
        ring.disable(merchant_id)
    ring.take(keys)
    live = [key for key in keys if key.is_live(clock.now()) and not key.demo]
    lost = sum(key.hashed_under != ring.name_of_secret for key in live)
    if lost:
        _log.warning("KeysOfAnotherSecret", Count=lost, Effect="They are refused; bring that secret back.")


def _demo_key(ring: KeyRing, text: str, clock: Clock) -> ApiKey:
    """Return a key that everybody knows; under another secret it is another one."""
    key_id = f"key_{text}_{ring.name_of_secret}"
    return ApiKey(
        id=key_id,
        merchant_id=f"mer_{text}",
        digest=ring.digest_of(text),
        hashed_under=ring.name_of_secret,
        hint=hint_of(text),
        line=key_id,
        scopes=tuple(Scope),
        created_at=clock.now(),
        demo=True,
    )
