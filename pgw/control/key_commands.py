"""What is done about keys, in storage and in the ring. A new key is in its answer, and nowhere else."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from attrs import frozen

from pgw.actors.key_ring import KeyRing
from pgw.control.answers import Answer, Document, Refused, RefusedFor, mistake
from pgw.control.merchant_documents import key_document
from pgw.control.texts import LONGEST_NAME, is_sound, problem_of
from pgw.domain.api_key import ApiKey, KeyRefusal, status_of
from pgw.domain.key_format import RANDOM_BITS, hint_of, is_well_formed, spelled
from pgw.domain.merchant import Scope
from pgw.domain.result import Err, Ok
from pgw.ports import Clock, Ids, Randomness
from pgw.storage.port import MerchantStorage

KEYS_A_PAGE = 200
LONGEST_LIFE_SECONDS = 10 * 365 * 86_400
LONGEST_OVERLAP_SECONDS = 90 * 86_400
_UNKNOWN = (KeyRefusal.UNKNOWN_KEY, KeyRefusal.UNKNOWN_MERCHANT)
_log = structlog.get_logger()


@frozen
class KeyCommands:
    """Without a gateway the ring is of this one command: it knows the secret, and nobody asks it for keys.

    Each command brings the ring up to date with what is stored of a key: of one whose answer was lost nobody
    knows whether it took place, until a list is read or it is given again.
    """

    storage: MerchantStorage
    ring: KeyRing
    clock: Clock
    ids: Ids
    randomness: Randomness

    async def obey(self, command: object) -> Answer | None:
        match command:
            case {"command": "revokeKey", "key": str(key)} if is_sound(key):
                # Before anything is waited for: another command, or a disk that hangs.
                self.ring.revoke(self._name_of(key), self.clock.now())
        async with self.ring.changes:
            match command:
                case {
                    "command": "createKey",
                    "merchantId": str(merchant_id),
                    "scopes": [*scopes],
                    "expiresIn": int() | None as expires_in,
                    "name": str() | None as name,
                } if is_sound(merchant_id):
                    return await self._create(merchant_id, scopes, expires_in, name)
                case {
                    "command": "keys",
                    "merchantId": str() | None as merchant_id,
                    "after": str(after),
                } if is_sound(merchant_id or "") and is_sound(after):
                    return await self._list(merchant_id, after)
                case {"command": "rotateKey", "keyId": str(key), "overlap": int(overlap)} if is_sound(key):
                    return await self._rotate(key, overlap)
                case {"command": "revokeKey", "key": str(key)} if is_sound(key):
                    return await self._revoke(key)
                case _:
                    return None

    async def _create(
        self, merchant_id: str, scopes: Sequence[object], expires_in: int | None, name: str | None
    ) -> Answer:
        if not scopes or any(scope not in list(Scope) for scope in scopes):
            return mistake(f"A key has one or more of the scopes {', '.join(Scope)}.")
        if expires_in is not None and not 0 < expires_in <= LONGEST_LIFE_SECONDS:
            return mistake("A key lives for a second at least and ten years at most, or without an end.")
        if name is not None and (problem := problem_of("name", name, LONGEST_NAME)):
            return mistake(problem)
        now, text = self.clock.now(), spelled(self.randomness.bits(RANDOM_BITS))
        key_id = self.ids.new("key")
        key = ApiKey(
            id=key_id,
            merchant_id=merchant_id,
            digest=self.ring.digest_of(text),
            hashed_under=self.ring.name_of_secret,
            hint=hint_of(text),
            line=key_id,
            scopes=tuple(scope for scope in Scope if scope in scopes),
            created_at=now,
            expires_at=None if expires_in is None else now + timedelta(seconds=expires_in),
            name=name,
        )
        match await self.storage.add_key(key):
            case Err(refusal):
                return _refused(refusal)
            case _:
                self.ring.take([key])
        _log.warning("KeyCreated", KeyId=key.id, MerchantId=key.merchant_id, Scopes=key.scopes)
        return Ok(self._document_of(key) | {"key": text})

    async def _list(self, merchant_id: str | None, after: str) -> Answer:
        page = await self.storage.keys(merchant_id, after, KEYS_A_PAGE)
        self.ring.take(page)
        disabled = await self.storage.disabled_merchants()
        return Ok({"page": [self._document_of(key, disabled) for key in page]})

    async def _rotate(self, key_id: str, overlap: int) -> Answer:
        if not 0 <= overlap <= LONGEST_OVERLAP_SECONDS:
            return mistake("Both keys live for 90 days at most.")
        before = await self.storage.find_key(key_id)
        if before is None:
            return _refused(KeyRefusal.UNKNOWN_KEY)
        self.ring.take([before])
        now, text = self.clock.now(), spelled(self.randomness.bits(RANDOM_BITS))
        successor = before.successor(
            self.ids.new("key"), self.ring.digest_of(text), self.ring.name_of_secret, hint_of(text), now
        )
        until = now + timedelta(seconds=overlap)
        match await self.storage.rotate_key(before.id, successor, until):
            case Err(refusal):
                return _refused(refusal)
            case _:
                before = before.retiring(until)
                self.ring.take([before, successor])
        _log.warning("KeyRotated", KeyId=before.id, NewKeyId=successor.id, MerchantId=before.merchant_id)
        return Ok(self._document_of(successor) | {"key": text, "rotated": self._document_of(before)})

    async def _revoke(self, id_or_key: str) -> Answer:
        """Revoke a key by its id or by itself, which is all one has of a key that was found in public."""
        key = await self.storage.find_key(self._name_of(id_or_key))
        if key is None:
            return _refused(KeyRefusal.UNKNOWN_KEY)
        key = key.revoked(self.clock.now())
        self.ring.take([key])
        await self.storage.revoke_key(key.id, key.revoked_at or self.clock.now())
        _log.warning("KeyRevoked", KeyId=key.id, MerchantId=key.merchant_id)
        return Ok(self._document_of(key))

    def _name_of(self, id_or_key: str) -> str:
        return self.ring.digest_of(id_or_key) if is_well_formed(id_or_key) else id_or_key

    def _document_of(self, key: ApiKey, disabled: Sequence[str] = ()) -> Document:
        """Return what is told of a key; none is made of a merchant that is disabled."""
        is_disabled, secret = key.merchant_id in disabled, self.ring.name_of_secret
        now = self.clock.now()
        return key_document(key, status_of(key, now, is_disabled=is_disabled, hashed_under=secret))


def _refused(refusal: KeyRefusal) -> Answer:
    kind = RefusedFor.MISTAKE if refusal in _UNKNOWN else RefusedFor.RULE
    return Err(Refused(kind, refusal))
