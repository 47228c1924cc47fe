from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import trio

from pgw.domain.event import Event
from pgw.domain.job import JobEvent

CAPACITY = 1024
PAGES_AT_A_TIME = 1
FRAMES_A_ROUND = 8

Encode = Callable[[Event], str]
"""How an event is spelled to a subscriber."""


class SubscriberTooSlow(Exception):
    """The subscriber's buffer was full; it was dropped, and may resume after the last event it has."""


class PublishedEvent:
    """A committed event, and the text that all its subscribers are sent: made once, for the first of them."""

    __slots__ = ("_encode", "_text", "event")

    def __init__(self, event: Event, encode: Encode) -> None:
        self.event = event
        self._encode = encode
        self._text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            self._text = self._encode(self.event)
        return self._text


class Subscription:
    """One subscriber's bounded buffer."""

    def __init__(self) -> None:
        self._send, self._receive = trio.open_memory_channel[PublishedEvent](CAPACITY)

    def offer(self, published: PublishedEvent) -> bool:
        """Buffer the event, or close a full buffer and return False."""
        try:
            self._send.send_nowait(published)
        except trio.WouldBlock:
            self._send.close()
            return False
        return True

    async def receive(self) -> PublishedEvent:
        """Return the next event, or raise `SubscriberTooSlow` once what was buffered is read."""
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            raise SubscriberTooSlow from None


class EventStream:
    """Bounded publish/subscribe of committed events. A slow subscriber is dropped and slows nobody down.

    Those that begin in the past read it one page after the other: each holds `reading` meanwhile.
    """

    def __init__(self, encode: Encode) -> None:
        # Dictionaries without values: sets that keep their order.
        self.dropped = 0
        self.reading = trio.CapacityLimiter(PAGES_AT_A_TIME)
        self._turns = trio.CapacityLimiter(FRAMES_A_ROUND)
        self._encode = encode
        self._subscriptions: defaultdict[str, dict[Subscription, None]] = defaultdict(dict)

    def publish(self, events: Sequence[Event]) -> None:
        """Offer committed events, in the order of their `seq`, to whom they concern."""
        for event in events:
            published = self.published(event)
            for topic in _topics(event):
                for subscription in list(self._subscriptions.get(topic, ())):
                    if not subscription.offer(published):
                        self._remove(topic, subscription)
                        self.dropped += 1

    def published(self, event: Event) -> PublishedEvent:
        """Return an event that was read from storage as it was published once."""
        return PublishedEvent(event, self._encode)

    async def turn(self) -> None:
        """Let a few of those that read the past go on in each round of the event loop, in turn.

        So what else waits for the loop, such as a payment, never waits behind all of them.
        """
        async with self._turns:
            pass

    @property
    def subscribers(self) -> int:
        return sum(map(len, self._subscriptions.values()))

    @contextmanager
    def subscribe(self, topic: str) -> Iterator[Subscription]:
        """Subscribe to all events of a merchant, or of a job, by its id."""
        subscription = Subscription()
        self._subscriptions[topic][subscription] = None
        try:
            yield subscription
        finally:
            self._remove(topic, subscription)

    def _remove(self, topic: str, subscription: Subscription) -> None:
        subscriptions = self._subscriptions.get(topic, {})
        subscriptions.pop(subscription, None)
        if not subscriptions:
            self._subscriptions.pop(topic, None)


def _topics(event: Event) -> tuple[str, ...]:
    """Return whom an event concerns: its merchant, and its job if it is about one."""
    if isinstance(event, JobEvent):
        return event.merchant_id, event.job.id
    return (event.merchant_id,)
