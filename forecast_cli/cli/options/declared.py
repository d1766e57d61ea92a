"""How options are declared: each is an attribute of a group, and the name of the attribute is its flag.

The help of a setting is its description in ``config/settings.py`` with the default in words; a test compares them,
because the settings take too long to import for ``--help``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

import typer

from forecast_cli.config.texts import outer_commas

Number = TypeVar("Number", int, float)


def option(
    kind: Any,
    text: str,
    metavar: str | None = None,
    *,
    callback: Callable[..., Any] | None = None,
    parser: Callable[[str], Any] | None = None,
) -> Any:
    """Return the declaration of an option of type ``kind``; its help ``text`` says the default.

    The value is None if the option is not given. An option that needs more is declared with ``typer.Option``.
    """
    more = typer.Option(help=text, metavar=metavar, callback=callback, parser=parser, show_default=False)
    return Annotated[kind | None, more]


def given_in(params: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return those of the options ``names`` that a command line gives; ``params`` are the values of all its options."""
    return {name: params[name] for name in names if params.get(name) not in (None, (), [])}


def options_in(group: type) -> dict[str, Any]:
    """Return the declarations of a group's options by name, in their order."""
    return {name: declared for name, declared in vars(group).items() if not name.startswith("_")}


def split_names(values: list[str] | None) -> list[str] | None:
    """Return the names of an option's list; ``MSTL(7,30)`` is one name. None if the option is not given."""
    return _parts(values) if values else None


def split_numbers(values: list[str] | None) -> list[float] | None:
    """Return the numbers of an option's list; raise BadParameter for anything else. None if the option is not given."""
    return _converted(values, float, "a number") if values else None


def split_whole_numbers(values: list[str] | None) -> list[int] | None:
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
