import trio

from pgw.domain.delivery import DueDelivery
from pgw.domain.webhook import DisabledBecause, WebhookEndpoint
from pgw.ports import Clock


class KnownEndpoint:
    """What is in memory of an endpoint; it outlives a crash of its actor.

    `at_work` is of each delivery whose try is under way, by its `seq`, the payment. `ending` is why it is
    about to be disabled. `crashes` are those in a row. While it is `in_doubt` a change of it may have taken
    place or not.
    """

    def __init__(self, endpoint: WebhookEndpoint, clock: Clock) -> None:
        self.endpoint = endpoint
        self.at_work: dict[int, str | None] = {}
        self.ending: DisabledBecause | None = None
        self.in_doubt = False
        self.is_running = False
        self.crashes = 0
        self._clock = clock
        self._failing_since: float | None = None
        self._woken = trio.Event()
        self.become(endpoint)

    @property
    def id(self) -> str:
        return self.endpoint.id

    @property
    def takes_deliveries(self) -> bool:
        """Whether a try may begin now."""
        return self.endpoint.is_enabled and self.ending is None and not self.in_doubt

    @property
    def is_to_be_disabled(self) -> bool:
        return self.endpoint.is_enabled and self.ending is not None

    @property
    def failing_for(self) -> float:
        """Seconds since the first try failed after which none succeeded; 0 where the newest one did.

        On the monotonic clock: one that is set right after it went wrong disables nobody.
        """
        return 0.0 if self._failing_since is None else self._clock.monotonic() - self._failing_since

    def become(self, endpoint: WebhookEndpoint) -> None:
        """Take over what is stored of it.

        What it answered says nothing of another URL, or of an endpoint that was enabled since.
        """
        was, self.endpoint = self.endpoint, endpoint
        self.in_doubt = False
        if (was.is_enabled, was.url) != (endpoint.is_enabled, endpoint.url):
            self.ending = None
        if endpoint.failing_since is None:
            self._failing_since = None
        elif self._failing_since is None:
            before = (self._clock.now() - endpoint.failing_since).total_seconds()
            self._failing_since = self._clock.monotonic() - max(0.0, before)

    def succeeded(self) -> None:
        self._failing_since = None
        if self.ending is DisabledBecause.FAILING:
            self.ending = None

    def failed(self) -> None:
        if self._failing_since is None:
            self._failing_since = self._clock.monotonic()

    def is_busy_with(self, due: DueDelivery) -> bool:
        """Tell whether this delivery, or another one of its payment, is under way."""
        key, payment_id = due.delivery.key, due.delivery.payment_id
        return key.seq in self.at_work or (payment_id is not None and payment_id in self.at_work.values())

    @property
    def is_woken(self) -> bool:
        return self._woken.is_set()

    def wake(self) -> None:
        """Let its actor look for what is due, also where it is just looking."""
        self._woken.set()

    async def woken(self) -> None:
        await self._woken.wait()
        self._woken = trio.Event()
