"""When the wall's clock can be believed."""

from datetime import datetime

import structlog
from attrs import define, frozen

from pgw.ports import Clock

TRUSTED_AFTER_SECONDS = 3600.0
"""Time for an operator to see that the clock is wrong, and to set it right."""
JUMP_SECONDS = 5.0
"""More than a leap second, or than passes between the readings of two clocks on a busy machine."""
_log = structlog.get_logger()


@frozen
class _Reading:
    wall: datetime
    monotonic: float


@define(eq=False)
class TrustedTime:
    """The wall's time, for what cannot be undone: what is forgotten, or voided, before its time.

    It is believed once it has gone along with the monotonic clock for an hour. At the start nobody knows
    whether it is right; and one that jumps was wrong before that, or is now. Who asks every few seconds
    learns of each jump.
    """

    clock: Clock
    _since: _Reading | None = None

    def now(self) -> datetime | None:
        """Return the wall's time, or None while it is not believed."""
        reading = _Reading(self.clock.now(), self.clock.monotonic())
        if self._since is None:
            self._since = reading
        ahead = _seconds_ahead(self._since, reading)
        if abs(ahead) > JUMP_SECONDS:
            _log.error(
                "WallClockJumped",
                Seconds=round(ahead, 3),
                Effect=f"Nothing is voided or forgotten for {TRUSTED_AFTER_SECONDS:g} s. Is the clock right?",
            )
            self._since = reading
        return reading.wall if self.seconds_left == 0 else None

    @property
    def seconds_left(self) -> float:
        """How long until it is believed, if it does not jump; 0 where it is."""
        if self._since is None:
            return TRUSTED_AFTER_SECONDS
        return max(0.0, self._since.monotonic + TRUSTED_AFTER_SECONDS - self.clock.monotonic())


def _seconds_ahead(earlier: _Reading, later: _Reading) -> float:
    """Return by how much more the wall's clock went on than the monotonic one did."""
    return (later.wall - earlier.wall).total_seconds() - (later.monotonic - earlier.monotonic)
