"""How the operator says on the command line how the bank behaves."""

import functools
import math
from collections.abc import Callable, Sequence

import click

from simulator.behaviour import Behaviour
from simulator.profiles import Profile
from simulator.rates import FaultRates, read_fault_rates

DAY = 86_400
"""In seconds: longer than anybody waits for a bank."""
YEAR = 366 * DAY
"""In seconds: longer than anybody holds money."""


def seconds(text: str) -> float:
    return _number(text, DAY, f"no number of seconds from 0 to {DAY}")


def _long_seconds(text: str) -> float:
    return _number(text, YEAR, f"no number of seconds from 0 to {YEAR}")


def _share(text: str) -> float:
    return _number(text, 1, "no share from 0 to 1")


def _number(text: str, most: float, complaint: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        raise click.BadParameter(f"{text!r} is {complaint}.")
    return number


def _fault_rates(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> FaultRates:
    try:
        return read_fault_rates(texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _fault_option(
    flag: str, name: str, sentence: str
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(flag, name, multiple=True, callback=_fault_rates, metavar="KIND=RATE", help=sentence)


OPTIONS: Sequence[Callable[[Callable[..., None]], Callable[..., None]]] = (
    click.option(
        "--profile",
        default="magic",
        type=click.Choice([profile.value for profile in Profile]),
        help="How it decides: by card number, by amount (approves under 1000.00), "
        "or by the card's last digit.",
    ),
    click.option(
        "--latency",
        default=0,
        type=seconds,
        metavar="S",
        help="Seconds that each payment or operation takes.",
    ),
    click.option(
        "--jitter", default=0, type=seconds, metavar="S", help="At most so many seconds more, at random."
    ),
    _fault_option("--fault", "faults", "Misbehave in that share of payments, as in hang=0.05; repeatable."),
    _fault_option("--operation-fault", "operation_faults", "The same for captures, voids and refunds."),
    _fault_option("--lookup-fault", "lookup_faults", "The same for look-ups."),
    _fault_option("--reversal-fault", "reversal_faults", "The same for reversals."),
    click.option("--dedupe/--no-dedupe", default=True, help="Book a repeated reference once, or each time."),
    click.option(
        "--refuse-reversals",
        default=0,
        type=_share,
        metavar="RATE",
        help="Answer that it cannot for that share of references.",
    ),
    click.option(
        "--authorization-seconds",
        type=_long_seconds,
        metavar="S",
        help="How long a payment can be captured or voided.  [default: for ever]",
    ),
    click.option(
        "--slow-seconds",
        "late_seconds",
        default=15,
        type=seconds,
        metavar="S",
        help="How late a late answer is.",
    ),
)


def behaviour_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that make up its `behaviour`."""

    @functools.wraps(command)
    def with_behaviour(
        *,
        profile: str,
        latency: float,
        jitter: float,
        faults: FaultRates,
        operation_faults: FaultRates,
        lookup_faults: FaultRates,
        reversal_faults: FaultRates,
        dedupe: bool,
        refuse_reversals: float,
        authorization_seconds: float | None,
        late_seconds: float,
        **others: object,
    ) -> None:
        behaviour = Behaviour(
            profile=Profile(profile),
            dedupe=dedupe,
            latency=latency,
            jitter=jitter,
            late_seconds=late_seconds,
            faults=faults,
            operation_faults=operation_faults,
            lookup_faults=lookup_faults,
            reversal_faults=reversal_faults,
            refuse_reversals=refuse_reversals,
            authorization_seconds=authorization_seconds,
        )
        command(behaviour=behaviour, **others)

    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(OPTIONS), with_behaviour)
