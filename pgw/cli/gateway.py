"""What a merchant's commands take, and how they say what becomes of the connection."""

from collections.abc import Callable
from typing import Any

import click

from pgw.cli.parameters import Command, HttpUrl, is_plain, setting
from pgw.cli.settings import DEFAULTS
from pgw.cli.tables import printable
from pgw.client.verification import NoSecret, WebhookSecret

DEFAULT_URL = f"http://127.0.0.1:{DEFAULTS.port}"


class GatewayUrl(HttpUrl):
    whose = "the gateway's"


class OwnUrl(HttpUrl):
    whose = "your server's"


class Key(click.ParamType[str]):
    """An API key as it can stand in a header; the value is never repeated."""

    name = "key"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        key = str(value).strip()
        if not key or not is_plain(key):
            self.fail("a key is one word of ASCII characters.", param, ctx)
        return key


class Secret(click.ParamType[WebhookSecret]):
    """A webhook endpoint's secret; the value is never repeated."""

    name = "secret"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> WebhookSecret:
        try:
            return WebhookSecret.of(str(value).strip())
        except NoSecret as error:
            self.fail(f"{error}.", param, ctx)


class EventTypes(click.ParamType[tuple[str, ...]]):
    """Types of events, divided by commas. Which there are is the gateway's to say."""

    name = "types"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        types = tuple(one.strip() for one in str(value).split(","))
        if not all(types):
            self.fail(f"{value!r} names no type between two commas.", param, ctx)
        return types


def of_gateway(*, needs_key: bool) -> Callable[[Command], Command]:
    """Declare where a gateway is, and with which key it is asked."""

    def declare(command: Command) -> Command:
        command = setting(
            "KEY",
            type=Key(),
            required=needs_key,
            help="Your API key. Give it in the variable: a command line is seen by everybody on the machine.",
        )(command)
        return setting(
            "URL",
            default=DEFAULT_URL,
            type=GatewayUrl(),
            help="Where the gateway is; https too.",
        )(command)

    return declare


def say(sentence: str, colour: str | None = None) -> None:
    """Say on standard error, in colour on a terminal only."""
    click.secho(printable(sentence), fg=colour, err=True)
