"""Options that take lists: repeated, or one value with commas, as in environment variables."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import typer

from forecast_cli.config.commas import outer_commas

Number = TypeVar("Number", int, float)


def names(values: list[str] | None) -> list[str] | None:
    """Return the names of an option's list; ``MSTL(7,30)`` is one name. None if the option is not given."""
    return _parts(values) if values else None


def numbers(values: list[str] | None) -> list[float] | None:
    """Return the numbers of an option's list; raise BadParameter for anything else. None if the option is not given."""
    return _converted(values, float, "a number") if values else None


def whole_numbers(values: list[str] | None) -> list[int] | None:
    """Return the whole numbers of an option's list; raise BadParameter for anything else. None if it is not given."""
    return _converted(values, int, "a whole number") if values else None


def _converted(values: Iterable[str], convert: Callable[[str], Number], what: str) -> list[Number]:
    found = []
    for part in _parts(values):
        try:
            found.append(convert(part))
        except ValueError:
            raise typer.BadParameter(f"'{part}' is not {what}") from None
    return found


def _parts(values: Iterable[str]) -> list[str]:
    parts = [part for value in values for part in outer_commas(value)]
    if not parts:
        raise typer.BadParameter("is empty, expected at least one value: is its shell variable set?")
    return parts
