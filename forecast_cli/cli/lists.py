"""Flags that take lists: repeated, or with commas as a variable takes them."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import typer

from forecast_cli.config.commas import outer_commas

Number = TypeVar("Number", int, float)


def names(values: list[str] | None) -> list[str] | None:
    """Return the names of a flag, each ``MSTL(7,30)`` in one piece."""
    return list(_parts(values)) or None if values else None


def numbers(values: list[str] | None) -> list[float] | None:
    """Return the numbers of a flag; raises BadParameter for what is none."""
    return _converted(values, float, "a number") if values else None


def whole_numbers(values: list[str] | None) -> list[int] | None:
    """Return the whole numbers of a flag; raises BadParameter for what is none."""
    return _converted(values, int, "a whole number") if values else None


def _converted(values: Iterable[str], convert: Callable[[str], Number], what: str) -> list[Number]:
    found = []
    for part in _parts(values):
        try:
            found.append(convert(part))
        except ValueError:
            raise typer.BadParameter(f"'{part}' is not {what}") from None
    return found


def _parts(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from outer_commas(value)
