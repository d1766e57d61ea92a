"""How a setting is declared as a flag of its name.

Its help is its description in ``config/settings.py`` with the default in words; a test holds them equal, since the
settings are too heavy to be read before ``--help``.
"""

from collections.abc import Callable
from typing import Any

import typer


def option(flag: str, text: str, metavar: str | None = None, *, callback: Callable[..., Any] | None = None) -> Any:
    """Return the option that ``flag`` is; its help ``text`` says the default, and where it is not given it is None."""
    return typer.Option(flag, help=text, metavar=metavar, callback=callback, show_default=False)
