"""How options are declared: each is an attribute of a group, and the name of the attribute is its flag.

The help of a setting is its description in ``config/settings.py`` with the default in words; a test compares them,
because the settings take too long to import for ``--help``.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any

import typer


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
