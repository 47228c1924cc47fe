"""One HTTP request, and what is read of it before its body."""

import re
from urllib.parse import unquote

import attrs

from simulator.fields import MalformedError

REFERENCE = re.compile(r"[!-~]{1,255}")


@attrs.frozen
class Request:
    method: str
    target: str
    """Path and query, as sent."""
    body: bytes
    idempotency_keys: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def own_reference(self) -> str | None:
        """Give the reference that its `Idempotency-Key` is; raises MalformedError."""
        match self.idempotency_keys:
            case ():
                return None
            case (key,):
                return _checked("Idempotency-Key", key)
        raise MalformedError("Idempotency-Key: is given twice")

    def path_reference(self) -> str:
        """Give the reference that its path names; raises MalformedError."""
        return _checked("reference", self.path_text())

    def path_text(self) -> str:
        """Give what stands in the path for a reference, be it one or not."""
        return unquote(self.path.split("/")[2])


def _checked(name: str, text: str) -> str:
    if not REFERENCE.fullmatch(text):
        raise MalformedError(f"{name}: must be 1 to 255 visible ASCII characters")
    return text
