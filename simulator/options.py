"""What the operator writes on the command line, read into values."""

import math

import click

from simulator.rates import FaultRates, read_fault_rates

DAY = 86_400
"""In seconds: longer than anybody waits for a bank."""


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= DAY:
        raise click.BadParameter(f"{text!r} is no number of seconds from 0 to {DAY}.")
    return number


def share(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 1:
        raise click.BadParameter(f"{text!r} is no share from 0 to 1.")
    return number


def fault_rates(_context: click.Context, _parameter: click.Parameter, texts: tuple[str, ...]) -> FaultRates:
    try:
        return read_fault_rates(texts)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
