"""The HTTP connector: the public Checkout.com challenge's protocol over httpcore."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpcore
import trio
from attrs import field, frozen

from pgw.bank import answers
from pgw.bank.address import Address
from pgw.bank.link import AnswerTooLarge, Link, connect
from pgw.bank.port import Answer, BankConnection, BankFeature, Call, Doubtful, NotSent
from pgw.bank.requests import request_for


@frozen
class HttpBank:
    """A bank at an HTTP URL. Both times are in seconds; the answer's runs from the first byte sent."""

    name: str
    url: str
    features: frozenset[BankFeature]
    network: httpcore.AsyncNetworkBackend
    tls: ssl.SSLContext | None = None
    connect_timeout: float = 5.0
    answer_timeout: float = 60.0
    address: Address = field(init=False)

    @address.default
    def _address_of_url(self) -> Address:
        return Address.of(self.url)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[BankConnection]:
        connection = HttpBankConnection(self)
        try:
            yield connection
        finally:
            await connection.close()


class HttpBankConnection:
    """One link at a time, and a new one after anything that was not surely the one answer to its call."""

    def __init__(self, bank: HttpBank) -> None:
        self._bank = bank
        self._link: Link | None = None

    async def perform(self, call: Call) -> Answer:
        bank = self._bank
        try:
            link = await self._usable_link()
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            return NotSent(f"{type(error).__name__}: {error}")
        may_stay = False
        try:
            with trio.move_on_after(bank.answer_timeout):
                status, body, is_clean = await link.exchange(request_for(call, bank.address))
                answer, is_named = answers.read(call, status, body, is_clean=is_clean)
                # HTTP/1.1 does not say which request an answer is to. A second one may come when the next
                # request is under way, and only a reference tells it from that one's own.
                is_sure = is_named or BankFeature.NAME_REFERENCE not in bank.features
                may_stay = is_clean and is_sure and not isinstance(answer, Doubtful)
                return answer
            reason = f"no answer within {bank.answer_timeout:g} s"
        except AnswerTooLarge:
            reason = "the answer is too large"
        except httpcore.NetworkError as error:
            reason = f"{type(error).__name__}: {error}"
        except httpcore.ProtocolError as error:
            # Its text quotes what the bank sent, which may be an echo of the request, CVV and all.
            reason = type(error).__name__
        finally:
            if not may_stay:
                await self.close()
        return Doubtful(reason) if link.has_sent else NotSent(reason)

    async def close(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _usable_link(self) -> Link:
        if self._link is not None and not self._link.is_usable:
            await self.close()
        if self._link is None:
            bank = self._bank
            self._link = await connect(bank.network, bank.address.origin, bank.tls, bank.connect_timeout)
        return self._link
