"""What is given on the command line, read into values."""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import click

from pgw.bank.port import BankFeature
from pgw.http.addresses import Network, read_network
from pgw.http.origin import is_origin
from pgw.settings import DAY, HOUR, MINUTE, ListenAddress

LONGEST_NUMBER = 9
MOST_TRIES = 50
Command = TypeVar("Command", bound=Callable[..., Any])


def setting(name: str, **options: Any) -> Callable[[Command], Command]:
    """Declare one setting, taken from its flag or else from its variable."""
    flag = name.lower().replace("_", "-")
    return click.option(f"--{flag}", envvar=f"PGW_{name}", show_envvar=True, show_default=True, **options)


class DatabasePath(click.ParamType[Path]):
    name = "path"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        text = str(value)
        if "://" in text and not text.startswith("sqlite:///"):
            self.fail("only SQLite is supported: give a path, or sqlite:///PATH.", param, ctx)
        path = Path(text.removeprefix("sqlite:///"))
        if not path.name or path.is_dir():
            self.fail(f"{text!r} names no file.", param, ctx)
        return path


class HttpUrl(click.ParamType[str]):
    name = "url"
    whose = "the"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            parts = urlsplit(str(value))
            sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
            (parts.hostname or "").encode("idna")
        except ValueError:
            sound = False
        # Each may be empty: a user before a password, and a query, which would swallow a path behind it.
        has_more = any(mark in str(value) for mark in "@?#")
        if not sound or has_more or not is_plain(str(value)):
            self.fail(
                f"give {self.whose} address as http://HOST[:PORT][/PATH], without credentials.", param, ctx
            )
        return str(value)


class BankUrl(HttpUrl):
    whose = "the bank's"


def is_plain(path: str) -> bool:
    return path.isascii() and path.isprintable() and " " not in path


class BankFeatures(click.ParamType[frozenset[BankFeature]]):
    name = "features"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> frozenset[BankFeature]:
        if value == "pay":
            return frozenset()
        if value != "all":
            self.fail(f"{value!r} is neither 'all' nor 'pay'.", param, ctx)
        return frozenset(BankFeature)


class HostAndPort(click.ParamType[ListenAddress]):
    name = "host:port"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ListenAddress:
        """Take `HOST:PORT`, an IPv6 address in brackets (RFC 3986, section 3.2.2)."""
        text = str(value)
        try:
            parts = urlsplit(f"//{text}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host = port = None
        if not host or port is None or parts.netloc != text or "@" in text or not is_plain(text):
            self.fail(f"{text!r} is no address as in 127.0.0.1:9090 or [::1]:9090.", param, ctx)
        return ListenAddress(host, port)


class Seconds(click.ParamType[float]):
    """A number of seconds between two, both included."""

    name = "seconds"

    def __init__(self, least: float, most: float) -> None:
        self.least = least
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            seconds = float(value)
        except ValueError:
            seconds = math.nan
        # Not a number is in no range, whichever way it is compared.
        if not self.least <= seconds <= self.most:
            self.fail(f"{value!r} is no number of seconds from {self.least:g} to {self.most:g}.", param, ctx)
        return seconds


class Duration(click.ParamType[int]):
    """A whole number of seconds, minutes, hours or days, such as `90d`, read into seconds."""

    name = "duration"
    _UNITS: Mapping[str, int] = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        number, unit = text[:-1], text[-1:]
        if unit not in self._UNITS or not number.isdecimal() or len(number) > LONGEST_NUMBER:
            self.fail(f"{text!r} is no time such as 30m, 24h or 90d.", param, ctx)
        return int(number) * self._UNITS[unit]


class Span(click.ParamType[float]):
    """A time such as `1.5s`, `5m`, `24h` or `30d`, read into seconds; without a unit it is in seconds."""

    name = "time"
    _FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([smhd]?)", re.ASCII)
    _UNITS: Mapping[str, float] = {"": 1, "s": 1, "m": MINUTE, "h": HOUR, "d": DAY}

    def __init__(self, least: float, most: float) -> None:
        self.least = least
        self.most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        found = self._FORM.fullmatch(str(value).strip())
        seconds = float(found[1]) * self._UNITS[found[2]] if found else math.nan
        if not self.least <= seconds <= self.most:
            bounds = f"from {self.least:g} to {self.most:g} s"
            self.fail(f"{str(value)!r} is no time such as 30s, 5m, 24h or 30d {bounds}.", param, ctx)
        return seconds


class Schedule(click.ParamType[tuple[float, ...]]):
    """Waits divided by commas, of which the first is 0."""

    name = "times"
    _WAIT = Span(least=0, most=30 * DAY)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, ...]:
        waits = tuple(self._WAIT.convert(one, param, ctx) for one in str(value).split(","))
        if waits[0] != 0:
            self.fail("the first wait is 0: what happens is told at once.", param, ctx)
        if len(waits) > MOST_TRIES:
            self.fail(f"it has more than {MOST_TRIES} waits.", param, ctx)
        return waits


class Origins(click.ParamType[frozenset[str]]):
    """Origins of web pages (RFC 6454, section 6.2), divided by commas."""

    name = "origins"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[str]:
        entries = [entry.strip() for entry in str(value).split(",")] if str(value).strip() else []
        for entry in entries:
            if not is_origin(entry):
                self.fail(
                    f"{entry!r} is no origin as browsers send it, as in https://shop.example.", param, ctx
                )
        return frozenset(entry.lower() for entry in entries)


class Networks(click.ParamType[tuple[Network, ...]]):
    """Networks and single addresses, divided by commas."""

    name = "networks"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Network, ...]:
        entries = [entry.strip() for entry in str(value).split(",")] if str(value).strip() else []
        try:
            return tuple(read_network(entry) for entry in entries)
        except ValueError as error:
            self.fail(f"{error}; give networks as 10.0.0.0/8,2001:db8::/32.", param, ctx)
