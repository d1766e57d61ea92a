"""Problems: exceptions that stop a command, as a message, a hint and an exit code."""

import errno
import textwrap
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import typer

from forecast_cli import __version__
from forecast_cli.core.errors import ForecastCliError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.limits import limit_reached
from forecast_cli.core.redact import redact

_DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_LONGEST: Final = 300
#: Hints for options that only another command has, by command and option.
_INSTEAD: Final[Mapping[tuple[str | None, str | None], str]] = {
    ("backtest", "--origin"): "a backtest has --align instead: account (the default) or as-of"
}
_GO_ON: Final = "run the same command again: a forecast or backtest keeps its finished shards"
_KINDS: Final[Mapping[str, str]] = {
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number that is small enough",
    "float_parsing": "a number",
}
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
}


class Terminated(BaseException):
    """The system asked the process to end (SIGTERM), or its terminal was closed (SIGHUP)."""


@dataclass(frozen=True)
class Problem:
    """Reason why a command stopped: a one-line message, a hint, and for a bug its ``trace``.

    Secrets are removed; text is not escaped yet. ``retryable``: the same command may succeed later without any change.
    """

    message: str
    hint: str | None
    exit_code: ExitCode
    retryable: bool = False
    trace: str | None = None


def problem_of(error: BaseException) -> Problem:
    """Return the problem for an exception; an unknown exception is a bug and keeps its traceback."""
    match error:
        case ForecastCliError():
            return _problem(error.message, error.hint, error.exit_code, retryable=error.retryable)
        case typer.BadParameter() if type(error) is typer.BadParameter:  # a subclass reports missing options
            return _problem(_one_line(_describe_bad_value(error)), _usage_hint(error), ExitCode.USAGE)
        case typer.TyperException():
            return _problem(_one_line(error.format_message()), _usage_hint(error), ExitCode.USAGE)
        case KeyboardInterrupt():
            return _problem("interrupted", _GO_ON, ExitCode.INTERRUPTED, retryable=True)
        case Terminated():
            return _problem("terminated", _GO_ON, ExitCode.TERMINATED, retryable=True)
        case OSError() if error.errno in _DISK_FULL:
            where = error.filename or "the temporary folder"
            return _problem(
                f"{where}: {error.strerror}", "free some space, then " + _GO_ON, ExitCode.OUTPUT_NOT_WRITTEN
            )
        case _:
            limit = limit_reached(error)
            return _problem(limit.message, limit.hint, limit.exit_code) if limit else _bug(error)


def _problem(message: str, hint: str | None, exit_code: ExitCode, *, retryable: bool = False) -> Problem:
    return Problem(redact(message), redact(hint) if hint else None, exit_code, retryable=retryable)


def _bug(error: BaseException) -> Problem:
    return Problem(
        message=f"this is a bug in forecast-cli {__version__}: {type(error).__name__}",
        hint="please report it with the lines above and the command you ran",
        exit_code=ExitCode.BUG,
        trace=redact("".join(traceback.format_exception(error))),
    )


def _usage_hint(error: typer.TyperException) -> str:
    """Return a hint for a usage error: a similar option, or the help to read."""
    context, possibilities = getattr(error, "ctx", None), getattr(error, "possibilities", None)
    instead = _INSTEAD.get((getattr(context, "info_name", None), getattr(error, "option_name", None)))
    if instead is not None:
        return instead
    if possibilities:
        return f"did you mean {possibilities[0]}?"
    if "unexpected extra argument" in error.format_message() and _takes_input(context):
        return "give one INPUT: quote a glob, as in 'in/*.parquet', or name the folder; separate lists by commas: 80,95"
    return f"see: {context.command_path if context else 'forecast-cli'} --help"


def _takes_input(context: Any) -> bool:
    """Return whether the command takes INPUT; a shell expands an unquoted glob for it into several arguments."""
    return context is not None and any(param.metavar == "INPUT" for param in context.command.params)


def _one_line(message: str) -> str:
    """Return the message on one line, shortened if long, without the suggestions that the hint contains."""
    return textwrap.shorten(message.partition(" (Possible options:")[0], _LONGEST, placeholder=" ...")


def _describe_bad_value(error: typer.BadParameter) -> str:
    """Return a message such as ``--horizon: 'soon' is not a whole number``."""
    param = error.param
    problem = _describe_value(error)
    if param is None:
        return problem
    name = param.opts[0] if param.param_type_name == "option" else param.metavar
    return f"{name}: {problem}"


def _describe_value(error: typer.BadParameter) -> str:
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
