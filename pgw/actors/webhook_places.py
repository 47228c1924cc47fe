"""How many tries are under way at a time in all, and whose turn is next."""

import trio


class Places:
    """Shares the places for tries among endpoints, so that none that hang keep the others waiting.

    An endpoint is given another place only while it has fewer than are free: it leaves as many as it takes,
    and one with none is given the first (the dynamic threshold of Choudhury and Hahne, 1998). Among those
    that wait, whoever came first is first.
    """

    def __init__(self, most: int) -> None:
        self._free = most
        self._is_open = True
        self._taken: dict[str, int] = {}
        self._waiting: dict[str, trio.Event] = {}
        self._all_free = trio.Event()
        self._all_free.set()

    @property
    def taken(self) -> int:
        return sum(self._taken.values())

    async def take(self, endpoint_id: str) -> None:
        """Take a place, once there is one for this endpoint, which waits for one at a time."""
        if self._may_take(endpoint_id):
            self._give(endpoint_id)
            return
        assert endpoint_id not in self._waiting, "an endpoint waits for one place at a time"
        given = self._waiting[endpoint_id] = trio.Event()
        try:
            await given.wait()
        except trio.Cancelled:
            if given.is_set():
                self.give_back(endpoint_id)
            else:
                del self._waiting[endpoint_id]
            raise

    def give_back(self, endpoint_id: str) -> None:
        self._free += 1
        self._taken[endpoint_id] -= 1
        if not self._taken[endpoint_id]:
            del self._taken[endpoint_id]
        if not self._taken:
            self._all_free.set()
        for waiting in list(self._waiting):
            if self._may_take(waiting):
                self._give(waiting)
                self._waiting.pop(waiting).set()

    def close(self) -> None:
        """Give no more places."""
        self._is_open = False

    async def emptied(self) -> None:
        """Wait until no place is taken."""
        await self._all_free.wait()

    def _may_take(self, endpoint_id: str) -> bool:
        return self._is_open and self._taken.get(endpoint_id, 0) < self._free

    def _give(self, endpoint_id: str) -> None:
        self._free -= 1
        self._taken[endpoint_id] = self._taken.get(endpoint_id, 0) + 1
        if self._all_free.is_set():
            self._all_free = trio.Event()
