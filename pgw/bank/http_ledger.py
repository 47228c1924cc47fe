"""A bank's ledger by HTTP: `GET /ledger`, page by page."""

import http
import ssl
from collections.abc import AsyncGenerator, Sequence
from urllib.parse import quote

import httpcore
import trio
from attrs import field, frozen

from pgw.bank.address import Address
from pgw.bank.ledger_page import LedgerPage, read_page
from pgw.bank.ledger_port import LedgerEntry, LedgerUnavailable
from pgw.bank.link import AnswerTooLarge, connect
from pgw.domain.result import Err

ENTRIES_A_PAGE = 1_000
LARGEST_PAGE_BYTES = 4 * 1024 * 1024
"""A thousand entries are some 350 KiB, and 1 MiB where every member is as long as it may be."""


@frozen
class HttpLedger:
    """The ledger of the bank at an HTTP URL. Each page has a connection and `page_timeout` seconds."""

    url: str
    network: httpcore.AsyncNetworkBackend
    tls: ssl.SSLContext | None = None
    page_timeout: float = 30.0
    address: Address = field(init=False)

    @address.default
    def _address_of_url(self) -> Address:
        return Address.of(self.url)

    async def pages(self) -> AsyncGenerator[Sequence[LedgerEntry], None]:
        """Read on to as many bookings as the first page counts; the bank may book faster than it is read."""
        count, has_read, after = None, 0, 0
        while count is None or has_read < count:
            page = await self._page(f"after={after}&limit={ENTRIES_A_PAGE}", after=after)
            count = page.count if count is None else count
            has_read, after = has_read + len(page.entries), page.last
            if not page.entries and has_read < count:
                raise self._unavailable(f"it ends after {has_read} of {count} bookings")
            yield page.entries

    async def entries_of(self, reference: str) -> Sequence[LedgerEntry]:
        page = await self._page(f"reference={quote(reference, safe='')}")
        if any(entry.reference != reference for entry in page.entries):
            raise self._unavailable("asked for one reference, the bank answered with another")
        return page.entries

    async def _page(self, query: str, *, after: int = 0) -> LedgerPage:
        status, body, is_clean = await self._answer_to(query)
        if status != http.HTTPStatus.OK:
            raise self._unavailable(f"the bank answered {status}")
        if not is_clean:
            raise self._unavailable("more came behind the answer")
        match read_page(body, after=after):
            case Err(problem):
                raise self._unavailable(problem)
            case page:
                return page.value

    async def _answer_to(self, query: str) -> tuple[int, bytes, bool]:
        address = self.address
        try:
            with trio.fail_after(self.page_timeout):
                link = await connect(
                    self.network,
                    address.origin,
                    self.tls,
                    self.page_timeout,
                    largest_answer=LARGEST_PAGE_BYTES,
                )
                try:
                    return await link.exchange(address.request(b"GET", f"/ledger?{query}".encode()))
                finally:
                    await link.close()
        except trio.TooSlowError:
            problem = f"no answer within {self.page_timeout:g} s"
        except AnswerTooLarge:
            problem = f"an answer is larger than {LARGEST_PAGE_BYTES} bytes"
        except (httpcore.NetworkError, httpcore.ConnectTimeout) as error:
            problem = f"{type(error).__name__}: {error}"
        except httpcore.ProtocolError as error:
            problem = type(error).__name__
        raise self._unavailable(problem)

    def _unavailable(self, problem: str) -> LedgerUnavailable:
        return LedgerUnavailable(f"of {self.url}", problem)
