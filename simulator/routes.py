"""Which request goes where, and the plain answers to those that go nowhere."""

from collections.abc import Awaitable, Callable
from functools import partial

import attrs
import trio

from simulator.answers import Answer, Reply, error_answer
from simulator.bank import Bank
from simulator.booking import Kind
from simulator.faults import Caller
from simulator.fields import MalformedError, read_object
from simulator.ledger import Ledger
from simulator.listing import read_listing
from simulator.operation import read_operation
from simulator.payment import read_payment
from simulator.request import Request
from simulator.submission import LedgerFullError
from simulator.wire import statement


@attrs.frozen
class Offers:
    """Which routes there are besides payments and the ledger."""

    lookup: bool = True
    reversal: bool = True
    operations: bool = True


@attrs.frozen
class Route:
    method: str
    answer: Callable[[Request, Caller], Awaitable[Reply]]


class Routes:
    def __init__(self, bank: Bank, ledger: Ledger, offers: Offers) -> None:
        self._bank = bank
        self._ledger = ledger
        self._routes = self._offered(offers)

    async def answer(self, request: Request, caller: Caller) -> Reply:
        """Answer, and let no answer out before all that it may tell is durable."""
        reply = await self._answer(request, caller)
        await self._ledger.durable()
        return reply

    def _offered(self, offers: Offers) -> dict[str, Route]:
        routes = {"/payments": Route("POST", self._pay)}
        if offers.lookup:
            routes["/payments/{reference}"] = Route("GET", self._look_up)
        if offers.reversal:
            routes["/payments/{reference}/reversals"] = Route("POST", self._reverse)
        if offers.operations:
            for kind in (Kind.CAPTURE, Kind.VOID, Kind.REFUND):
                operate = partial(self._operate, kind)
                routes[f"/payments/{{reference}}/{kind.value}s"] = Route("POST", operate)
        return routes | {"/ledger": Route("GET", self._list)}

    async def _answer(self, request: Request, caller: Caller) -> Reply:
        route = self._routes.get(_shape(request.path))
        if route is None:
            return Reply(self._nowhere(request.path))
        if request.method != route.method:
            return Reply(_only(route.method, request.path))
        try:
            return await route.answer(request, caller)
        except MalformedError as error:
            return Reply(error_answer(400, str(error)))
        except LedgerFullError as error:
            return Reply(error_answer(503, str(error)))

    async def _pay(self, request: Request, caller: Caller) -> Reply:
        return await self._bank.pay(read_payment(request.body), request.own_reference(), caller)

    async def _operate(self, kind: Kind, request: Request, caller: Caller) -> Reply:
        operation = read_operation(kind, request.path_reference(), request.body)
        return await self._bank.operate(operation, request.own_reference(), caller)

    async def _look_up(self, request: Request, caller: Caller) -> Reply:
        return await self._bank.look_up(request.path_text(), caller)

    async def _reverse(self, request: Request, caller: Caller) -> Reply:
        _check_empty(request.body)
        return await self._bank.reverse(request.path_reference(), caller)

    async def _list(self, request: Request, _caller: Caller) -> Reply:
        listing = read_listing(request.query)

        def read() -> Answer:
            return statement(self._ledger, listing.of(self._ledger))

        return Reply(await trio.to_thread.run_sync(read, abandon_on_cancel=True))

    def _nowhere(self, path: str) -> Answer:
        routes = ", ".join(f"{route.method} {shape}" for shape, route in self._routes.items())
        return error_answer(404, f"no route {path}; there are {routes}")


def _shape(path: str) -> str:
    """Give a path with the name of what stands in it."""
    match path.split("/"):
        case ["", "payments", reference, *rest] if reference:
            return "/".join(["", "payments", "{reference}", *rest])
    return path


def _check_empty(body: bytes) -> None:
    if body.strip():
        read_object(body, known=())


def _only(method: str, path: str) -> Answer:
    return error_answer(405, f"{path} allows {method} only", (("allow", method),))
