"""How a request meets its rate limit: the `RateLimit` headers of its answer, and its refusal.

The headers and the problem are those of draft-ietf-httpapi-ratelimit-headers-10 and -11: `q` requests in `w`
seconds are the policy; `r` are left, and more in `t` seconds.
"""

from collections.abc import Hashable
from typing import Any, cast

from attrs import frozen
from quart import Response

from pgw.http import answers
from pgw.http.addresses import holder_of, read_address
from pgw.http.call import Call, Parts
from pgw.http.front import ANSWER_HEADERS
from pgw.http.rate_limit import Policy, RateLimit
from pgw.ports import Clock

SECONDS_OF_BURST = 2
SECONDS_OF_FAILURES = 30


class Quota:
    """A limit as requests meet it, its headers made beforehand as far as can be."""

    def __init__(self, limit: RateLimit) -> None:
        policy = limit.policy
        self._limit = limit
        self._name = policy.name
        self._policy = b"ratelimit-policy", f'"{policy.name}";q={policy.burst};w={policy.window}'.encode()
        self._state = f'"{policy.name}";r=%d;t=%d'
        self._detail = (
            f"There may be {policy.rate} requests a second, and after a rest {policy.burst} at once."
        )

    def refuse(self, caller: Hashable, parts: Parts, call: Call) -> Response | None:
        """Count the request and give its answer the headers; return what refuses it beyond the limit."""
        count = self._limit.count(caller)
        state = b"ratelimit", (self._state % (count.remaining, count.seconds)).encode()
        cast("dict[str, Any]", call.request.scope)[ANSWER_HEADERS] += (self._policy, state)
        if count.is_within:
            return None
        return answers.problem(
            *(parts, call, "RateLimited", self._detail),
            headers={"Retry-After": str(count.seconds)},
            members={"violated-policies": [self._name]},
        )


@frozen
class Throttle:
    """The quota of each merchant, and of each address for requests without a valid key; None for none."""

    merchants: Quota | None = None
    strangers: Quota | None = None

    def refuse_merchant(self, parts: Parts, call: Call) -> Response | None:
        """Count a request whose merchant is known; return what refuses it beyond the limit."""
        return self.merchants.refuse(call.merchant_id, parts, call) if self.merchants else None

    def refuse_stranger(self, parts: Parts, call: Call) -> Response | None:
        """Count a request without a valid key; return what refuses it where its address is over the limit.

        Only these are counted and refused: a valid key may share its address with anybody.
        """
        return self.strangers.refuse(_holder_of_client(call), parts, call) if self.strangers else None


NO_THROTTLE = Throttle()


def make_throttle(clock: Clock, rate_limit: int, failed_authentication_limit: int) -> Throttle:
    """Make the quotas, both of requests a second; 0 is none."""
    return Throttle(
        _quota("default", rate_limit, SECONDS_OF_BURST, clock),
        _quota("failed-authentication", failed_authentication_limit, SECONDS_OF_FAILURES, clock),
    )


def _quota(name: str, rate: int, seconds: int, clock: Clock) -> Quota | None:
    return Quota(RateLimit(Policy(name, rate, rate * seconds), clock)) if rate else None


def _holder_of_client(call: Call) -> Hashable:
    client = cast("dict[str, Any]", call.request.scope).get("client")
    address = client and read_address(client[0])
    return address and holder_of(address)
