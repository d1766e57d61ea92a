"""Messages for invalid values on the command line: the option, the value, and what was expected."""

from collections.abc import Mapping
from typing import Any, Final

import typer

_KINDS: Final[Mapping[str, str]] = {
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number that is small enough",
    "float_parsing": "a number",
}
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}


def describe_bad_value(error: typer.BadParameter) -> str:
    """Return a message such as ``--horizon: 'soon' is not a whole number``."""
    param = error.param
    problem = _describe(error)
    if param is None:
        return problem
    name = param.opts[0] if param.param_type_name == "option" else param.metavar
    return f"{name}: {problem}"


def _describe(error: typer.BadParameter) -> str:
    found = _finding_behind(error)
    kind = _KINDS.get(found.get("type", ""))
    if kind is not None:
        return f"{found['input']!r} is not {kind}"
    bound = _BOUNDS.get(found.get("type", ""))
    if bound is not None:
        word, end = bound
        return f"expected {word} {found['ctx'][end]:g}, got {found['input']}"
    return error.message.removeprefix("Value error, ").removesuffix(".")


def _finding_behind(error: typer.BadParameter) -> Mapping[str, Any]:
    """Return the first error that pydantic, which typer validates values with, reported; empty if it reported none."""
    errors = getattr(error.__cause__, "errors", None)
    return errors()[0] if errors is not None else {}
