"""Cursors: where a list goes on, for who asked for that very list and for nobody else.

A cursor is a place and a keyed hash over it, the merchant, the path and the filters, so that one which was
made up, is another merchant's or belongs to another list is told at once. Nothing of it is kept: it is good
for as long as the gateway's secret is. It has no digit, so that no log takes it for a card number.
"""

import hmac
import re
from collections.abc import Mapping

from attrs import frozen

from pgw.domain.letters import from_letters, in_letters
from pgw.domain.listing import Place
from pgw.domain.times import from_milliseconds, milliseconds
from pgw.http.call import Call, Parts
from pgw.http.idempotency import fingerprint
from pgw.ports import HEX_TO_LETTERS

_TIME_LETTERS, _HASH_LETTERS = 12, 32
_CURSOR = re.compile(rf"([a-p]{{{_TIME_LETTERS}}})([0-9a-z_]{{1,64}})_([a-p]{{{_HASH_LETTERS}}})", re.ASCII)


@frozen
class Cursors:
    """The cursors of one list: a path, with filters, as one merchant sees it."""

    secret: bytes
    path: str
    merchant_id: str
    filters: Mapping[str, str]

    @staticmethod
    def of(parts: Parts, call: Call, path: str, filters: Mapping[str, str]) -> "Cursors":
        return Cursors(parts.secret, path, call.merchant_id, filters)

    def at(self, place: Place) -> str:
        """Return the cursor of a place of this list."""
        time = in_letters(milliseconds(place.created_at), _TIME_LETTERS)
        return f"{time}{place.id}_{self._hash(f'{time}{place.id}')}"

    def place(self, cursor: str) -> Place | None:
        """Return the place of a cursor; None where it is not one of this list's."""
        found = _CURSOR.fullmatch(cursor)
        if found is None or not hmac.compare_digest(found[3], self._hash(found[1] + found[2])):
            return None
        return Place(from_milliseconds(from_letters(found[1])), found[2])

    def _hash(self, place: str) -> str:
        # No request under a key is a GET, so none has a fingerprint of these.
        listed = {"merchantId": self.merchant_id, "filters": dict(self.filters), "place": place}
        digest = fingerprint(self.secret, "GET", self.path, listed)
        return digest[:_HASH_LETTERS].translate(HEX_TO_LETTERS)
