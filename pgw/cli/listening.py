"""`pgw listen`."""

from functools import partial
from ipaddress import ip_address
from typing import Any

import click
import trio
from attrs import field, frozen
from click.core import ParameterSource

from pgw.bank.network import tls_for
from pgw.cli.events import EventLines
from pgw.cli.gateway import EventTypes, OwnUrl, Secret, of_gateway, say
from pgw.cli.interruption import until_interrupted
from pgw.cli.operating import print_json, run
from pgw.cli.settings import PORT
from pgw.client.address import GatewayAddress
from pgw.client.endpoint import Endpoints
from pgw.client.inbox import Forwarding, Inbox, Webhook
from pgw.client.receiver import HOST, open_listener, port_of, serve
from pgw.client.refusals import CannotGoOn
from pgw.client.verification import WebhookSecret
from pgw.ports import SystemClock, SystemRandomness, TimeOrderedIds

WHICH_OF_TWO = (
    "Give a key (PGW_KEY), to register an endpoint at the gateway, or else a secret (PGW_WEBHOOK_SECRET)."
)


@frozen
class _Options:
    url: str
    key: str | None = field(repr=False)
    secret: WebhookSecret | None
    port: int
    event_types: tuple[str, ...] | None
    forward_to: str | None
    as_json: bool


@click.command()
@of_gateway(needs_key=False)
@click.option(
    "--secret",
    type=Secret(),
    metavar="whsec_…",
    envvar="PGW_WEBHOOK_SECRET",
    show_envvar=True,
    help="Instead of a key: only listen, and verify with this secret of an endpoint that is there already. "
    "Give it in the variable too.",
)
@click.option("--port", default=0, type=PORT, help="Port to listen on, on loopback; else a free one.")
@click.option(
    "--events",
    "event_types",
    type=EventTypes(),
    metavar="TYPE,…",
    help="Only events of these types, divided by commas, such as job.completed,job.failed.",
)
@click.option(
    "--forward-to",
    type=OwnUrl(),
    metavar="URL",
    help="Post what was verified to your own server, the same bytes and headers, and answer what it answers.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each webhook's body as one JSON object a line.")
@click.pass_context
def listen(ctx: click.Context, /, **values: Any) -> None:
    """Receive webhooks on this machine, and show them.

    Registers an endpoint for itself at the gateway, and deletes it at the end. Verifies each webhook and
    answers 204; what does not verify is answered 400 and said on standard error, with the reason. One that
    comes again, under the same webhook-id, is marked.

    With --forward-to the endpoint's secret is shown, for your server to verify with.

    The gateway must be allowed to send to this machine: PGW_WEBHOOK_ALLOW_PRIVATE=1, which `pgw demo` sets.

    Exit code 0 after Ctrl-C, 2 where the gateway refuses or is not there.
    """
    ctx.exit(run(partial(_listen, _Options(**_with_one_of_two(ctx, values)))))


def _with_one_of_two(ctx: click.Context, values: dict[str, Any]) -> dict[str, Any]:
    """Leave either the key or the secret: one on the command line is meant rather than a variable."""
    given = [name for name in ("key", "secret") if values[name] is not None]
    if len(given) > 1:
        given = [name for name in given if ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE]
    if len(given) != 1:
        raise click.UsageError(WHICH_OF_TWO, ctx)
    return {**values, "key": None, "secret": None, given[0]: values[given[0]]}


async def _listen(options: _Options) -> None:
    listener = await open_listener(options.port)
    async with listener:
        program = _with_secret if options.secret else _with_key
        await until_interrupted(partial(program, options, listener))


async def _with_secret(options: _Options, listener: trio.SocketListener) -> None:
    assert options.secret is not None, "it is what this is for"
    say(f"Listening on {_url(listener)}. Ctrl-C ends it.", "green")
    await _receive(options, options.secret, listener)


async def _with_key(options: _Options, listener: trio.SocketListener) -> None:
    assert options.key is not None, "one of the two is given"
    address = GatewayAddress.of(options.url)
    endpoints = Endpoints(address, options.key)
    once = TimeOrderedIds(SystemClock(), SystemRandomness()).new("listen")
    # Not left half done: an endpoint of which nobody knows would be sent to for days.
    with trio.CancelScope(shield=True):
        endpoint = await endpoints.register(_url(listener), options.event_types, once)
    say(f"Listening on {_url(listener)} as endpoint {endpoint.id} of {options.url}. Ctrl-C ends it.", "green")
    if options.forward_to is not None:
        say(f"Your server at {options.forward_to} verifies with this secret: {endpoint.secret.shown}")
    if not _is_here(address.host):
        say(f"{address.host} may be another machine, which cannot reach {HOST} of this one.", "yellow")
    try:
        await _receive(options, endpoint.secret, listener)
    finally:
        with trio.CancelScope(shield=True):
            await _delete(endpoints, endpoint.id)


async def _receive(options: _Options, secret: WebhookSecret, listener: trio.SocketListener) -> None:
    forwarding = None
    if options.forward_to is not None:
        forwarding = Forwarding(options.forward_to, tls_for(options.forward_to))
    inbox = Inbox(secret, SystemClock(), _Printed(as_json=options.as_json), forwarding)
    await serve(listener, inbox.take)


async def _delete(endpoints: Endpoints, endpoint_id: str) -> None:
    try:
        await endpoints.delete(endpoint_id)
    except CannotGoOn as error:
        path = f"DELETE {endpoints.address.url}/webhook-endpoints/{endpoint_id}"
        say(f"Endpoint {endpoint_id} was not deleted: {error} This deletes it: {path}", "red")
    else:
        say(f"Endpoint {endpoint_id} is deleted.")


def _url(listener: trio.SocketListener) -> str:
    return f"http://{HOST}:{port_of(listener)}/"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Printed:
    """Prints what comes in."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lines = EventLines()

    def arrived(self, webhook: Webhook, forwarded: str) -> None:
        notes = [forwarded, f"again: {webhook.id}" if webhook.is_repeated else ""]
        note = ", ".join(one for one in notes if one)
        document = webhook.document
        if document is None:
            say(f"Webhook {webhook.id} is genuine, and no JSON object.", "red")
        elif self._as_json:
            print_json(document)
            if note:
                say(f"{webhook.id}: {note}", "yellow")
        else:
            data = document.get("data")
            members = dict(data) if isinstance(data, dict) else {}
            seq = members.pop("sequence", "")
            self._lines.print(document.get("timestamp"), seq, document.get("type"), members, note=note)

    def refused(self, why: str) -> None:
        say(f"Refused a request with 400: {why}", "red")
