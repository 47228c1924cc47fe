"""An endpoint behind TLS, with certificates made for the test."""

import ssl

import pytest
import trio
from trio.testing import MockClock

from pgw.webhooks.port import Answered, NotAnswered
from tests.webhooks.authority import Authority
from tests.webhooks.conftest import StartEndpoint, StartTlsEndpoint
from tests.webhooks.raw_endpoint import Visit, answer, hangs, says, says_and_leaves
from tests.webhooks.scene import send, send_until_too_late

LONG_AGO = ("-startdate", "200101000000Z", "-enddate", "200201000000Z")


@pytest.mark.parametrize("host", ["hooks.test", "127.0.0.1"])
async def test_the_certificate_and_the_server_s_name_are_the_url_s_host(
    host: str, start_tls_endpoint: StartTlsEndpoint, authority: Authority, trusting: ssl.SSLContext
) -> None:
    names: list[str | None] = []
    serving = authority.serving("listening")
    serving.sni_callback = lambda _socket, name, _context: names.append(name)
    endpoint = await start_tls_endpoint(says(answer(b"thanks")), serving)
    url = f"https://{host}:{endpoint.port}/"
    assert Answered(200, "thanks") == await send(url, tls=trusting)
    # An address is no server name (RFC 6066, section 3).
    assert [None if host == "127.0.0.1" else host] == names
    assert f"{host}:{endpoint.port}" == endpoint.requests[0].headers["host"]


async def test_a_certificate_of_another_host_is_not_trusted(
    start_tls_endpoint: StartTlsEndpoint, trusting: ssl.SSLContext
) -> None:
    endpoint = await start_tls_endpoint(says(answer()))
    said = await send(f"https://other.test:{endpoint.port}/", tls=trusting)
    why = "Hostname mismatch, certificate is not valid for 'other.test'"
    assert NotAnswered(f"The endpoint's TLS certificate is not trusted: {why}.") == said
    assert [] == endpoint.requests


async def test_a_certificate_of_an_authority_that_nobody_knows_is_not_trusted(
    start_tls_endpoint: StartTlsEndpoint,
) -> None:
    """Without an authority of a test's own those of the system are trusted, and no others."""
    endpoint = await start_tls_endpoint(says(answer()))
    said = await send(f"https://hooks.test:{endpoint.port}/")
    assert isinstance(said, NotAnswered)
    assert said.reason.startswith("The endpoint's TLS certificate is not trusted: ")
    assert [] == endpoint.requests


async def test_a_certificate_that_has_expired_is_not_trusted(
    start_tls_endpoint: StartTlsEndpoint, trusting: ssl.SSLContext, authority: Authority
) -> None:
    endpoint = await start_tls_endpoint(says(answer()), authority.serving("expired", *LONG_AGO))
    said = await send(f"https://hooks.test:{endpoint.port}/", tls=trusting)
    assert NotAnswered("The endpoint's TLS certificate is not trusted: certificate has expired.") == said
    assert [] == endpoint.requests


async def test_an_endpoint_without_tls_is_told_so(
    start_endpoint: StartEndpoint, trusting: ssl.SSLContext
) -> None:
    async def says_at_once(visit: Visit) -> None:
        await visit.say(answer())
        await visit.hear_caller_leave()

    endpoint = await start_endpoint(says_at_once)
    said = await send(f"https://hooks.test:{endpoint.port}/", tls=trusting)
    assert isinstance(said, NotAnswered)
    assert said.reason.startswith("No TLS with the endpoint: ")


async def test_an_endpoint_may_leave_in_the_handshake(
    start_endpoint: StartEndpoint, trusting: ssl.SSLContext
) -> None:
    async def leaves_at_once(visit: Visit) -> None:
        await visit.stream.receive_some()

    endpoint = await start_endpoint(leaves_at_once)
    said = await send(f"https://hooks.test:{endpoint.port}/", tls=trusting)
    assert NotAnswered("The endpoint ended the connection during the TLS handshake.") == said


async def test_a_handshake_that_hangs_ends_in_time_and_leaves_no_connection(
    start_endpoint: StartEndpoint, trusting: ssl.SSLContext, mock_clock: MockClock
) -> None:
    endpoint = await start_endpoint(hangs)
    url = f"https://hooks.test:{endpoint.port}/"
    said = await send_until_too_late(url, mock_clock, endpoint.has_said_all, tls=trusting)
    assert NotAnswered("The endpoint did not finish the TLS handshake within 15 s.") == said
    with trio.fail_after(5):
        await endpoint.has_been_left.wait()


async def test_an_answer_without_a_length_ends_where_tls_or_the_connection_does(
    start_tls_endpoint: StartTlsEndpoint, trusting: ssl.SSLContext
) -> None:
    endpoint = await start_tls_endpoint(says_and_leaves(b"HTTP/1.1 200 OK\r\n\r\nthanks"))
    assert Answered(200, "thanks") == await send(f"https://hooks.test:{endpoint.port}/", tls=trusting)
