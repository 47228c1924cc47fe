"""A rate limit: a bucket of requests for each caller, refilled at a steady rate, in bounded memory."""

from collections.abc import Hashable
from operator import itemgetter

from attrs import frozen

from pgw.ports import Clock

MOST_REMEMBERED = 65_536
_MICRO = 1_000_000


@frozen
class Policy:
    """`burst` requests at once, and `rate` a second after that. `name` is how the headers call it."""

    name: str
    rate: int
    burst: int

    @property
    def window(self) -> int:
        """Return the whole seconds in which an empty bucket is full again."""
        return -(-self.burst // self.rate)


@frozen
class Count:
    """What became of one request: whether it is within the limit, and what its caller has left.

    One request more than `remaining` is to be had in `seconds`, which are whole and at least 1.
    """

    is_within: bool
    remaining: int
    seconds: int


class RateLimit:
    """A token bucket for each caller, kept as the one time at which it is full again (GCRA, as ITU-T I.371).

    A refused request takes nothing, so whoever keeps asking is served at the rate. Time is counted in
    millionths of a request and in integers, so that nothing is lost or gained by rounding.
    """

    def __init__(self, policy: Policy, clock: Clock, *, most_remembered: int = MOST_REMEMBERED) -> None:
        self.policy = policy
        self._clock = clock
        self._capacity = policy.burst * _MICRO
        self._second = policy.rate * _MICRO
        self._most_remembered = most_remembered
        self._full_at: dict[Hashable, int] = {}

    def __len__(self) -> int:
        """Return how many callers are remembered; the others' buckets are full."""
        return len(self._full_at)

    def count(self, caller: Hashable) -> Count:
        """Take one request of the caller's from its bucket, where there is one in it."""
        now = int(self._clock.monotonic() * _MICRO) * self.policy.rate
        full_at = max(now, self._full_at.get(caller, now))
        left = self._capacity - (full_at - now)
        if is_within := left >= _MICRO:
            self._remember(caller, full_at + _MICRO, now)
            left -= _MICRO
        remaining, begun = divmod(left, _MICRO)
        return Count(is_within, remaining, -((begun - _MICRO) // self._second))

    def _remember(self, caller: Hashable, full_at: int, now: int) -> None:
        if len(self._full_at) >= self._most_remembered and caller not in self._full_at:
            self._forget(now)
        self._full_at[caller] = full_at

    def _forget(self, now: int) -> None:
        """Forget whose buckets are full again; where more than half are left, those nearest to it too."""
        self._full_at = {caller: at for caller, at in self._full_at.items() if at > now}
        half = self._most_remembered // 2
        if len(self._full_at) > half:
            emptiest = sorted(self._full_at.items(), key=itemgetter(1), reverse=True)
            self._full_at = dict(emptiest[:half])
