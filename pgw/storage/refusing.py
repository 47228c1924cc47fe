import trio

from pgw.domain.errors import Refusal
from pgw.domain.result import Err, Ok, Result

# Only the next payment can tell whether a disk that refused has healed.
UNTIL_TRIED_AGAIN_SECONDS = 5.0
NEVER = float("-inf")


class Refusing:
    """Whether storage has just refused a write."""

    def __init__(self) -> None:
        self._refused_at = NEVER

    def tell(self, outcome: Result[object, object]) -> None:
        """Take note of what became of a write."""
        match outcome:
            case Ok():
                self._refused_at = NEVER
            case Err(Refusal()):
                self._refused_at = trio.current_time()

    @property
    def is_recent(self) -> bool:
        return trio.current_time() - self._refused_at < UNTIL_TRIED_AGAIN_SECONDS
