"""Messages to the user, all on stderr: text for people, or JSON lines for a log."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from forecast_cli.cli.problems import Problem
from forecast_cli.cli.streams import show, write_err
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import hashed_ids, unmark_ids
from forecast_cli.core.redact import redact
from forecast_cli.reports.escape import printable
from forecast_cli.reports.json_text import Level, log_line

if TYPE_CHECKING:
    from rich.console import RenderableType


#: Fields that the last line of a JSON log always has.
_NOTHING: Final[Mapping[str, None]] = {"counts": None, "manifest": None}


class LogFormat(StrEnum):
    """Format of messages."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True)
class Log:
    """Writer of one command's messages; ``started`` is the time the command began, of the monotonic clock, in seconds.

    JSON logs are stored and copied, so account ids in them are keyed hashes unless ``show_ids``.
    """

    format: LogFormat = LogFormat.TEXT
    show_ids: bool = False
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Return the seconds since the command began."""
        return round(time.monotonic() - self.started, 3)

    def warn(self, message: str) -> None:
        """Write a warning; ``--quiet`` does not suppress it."""
        if self.format is LogFormat.JSON:
            self.event("warning", redact(message), level="warning", fields={})
        else:
            write_err(f"warning: {printable(unmark_ids(message))}\n")

    def event(self, event: str, message: str, *, level: Level, fields: Mapping[str, Any]) -> None:
        """Write one JSON line with the current time."""
        at = {"time": datetime.now(UTC).isoformat(timespec="milliseconds")}
        write_err(
            log_line(event, self._with_safe_ids(message), level=level, fields=at | self._with_safe_ids(dict(fields)))
        )

    def summarize(self, renderable: "RenderableType", *, quiet: bool) -> None:
        """Write a summary to stdout, unless ``quiet`` or for a JSON log, whose last line says the same."""
        if not quiet and self.format is LogFormat.TEXT:
            show(renderable)

    def leave(
        self, exit_code: ExitCode, message: str, hint: str | None = None, fields: Mapping[str, Any] | None = None
    ) -> NoReturn:
        """Exit after a command ran to its end; an error is written first, and a JSON log always gets a last line."""
        well = exit_code is ExitCode.OK
        if self.format is LogFormat.JSON:
            result = {
                "status": "ok" if well else "failed",
                "exit_code": exit_code,
                "hint": None if well else hint,
            }
            whole = {**result, **_NOTHING, **(fields or {}), "seconds": self.seconds}
            self.event("summary", message, level="info" if well else "error", fields=whole)
        elif not well:
            _write_message("error: ", message)
            _write_message("hint:  ", hint)
        raise typer.Exit(exit_code)

    def fail(self, problem: Problem) -> None:
        """Write why the command stops: ``error:`` and ``hint:``, or the last JSON line."""
        if self.format is LogFormat.JSON:
            self.event("summary", problem.message, level="error", fields=self._failure(problem))
            return
        if problem.trace:
            write_err("".join(printable(line) + "\n" for line in problem.trace.splitlines()))
        _write_message("error: ", problem.message)
        _write_message("hint:  ", problem.hint)

    def _with_safe_ids(self, value: Any) -> Any:
        """Return a message or field with account ids shown or hashed, as this log requires."""
        match value:
            case Enum():
                return value
            case str():
                return unmark_ids(value) if self.show_ids else hashed_ids(value)
            case dict():
                return {name: self._with_safe_ids(below) for name, below in value.items()}
            case list() | tuple():
                return [self._with_safe_ids(below) for below in value]
            case _:
                return value

    def _failure(self, problem: Problem) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "status": "error",
            "exit_code": problem.exit_code,
            "hint": problem.hint,
            "retryable": problem.retryable,
            **_NOTHING,
            "seconds": self.seconds,
        }
        return fields | ({"traceback": problem.trace} if problem.trace else {})


def _write_message(what: str, text: str | None) -> None:
    if text:
        write_err(f"{what}{printable(unmark_ids(text))}\n")


def log_of(args: Sequence[str]) -> Log:
    """Return the log that a command line asks for, before it is parsed, so that usage errors have its format."""
    values = [value for flag, value in pairwise(args) if flag == "--log-format"]
    values += [arg.removeprefix("--log-format=") for arg in args if arg.startswith("--log-format=")]
    return Log(LogFormat.JSON if LogFormat.JSON in values else LogFormat.TEXT, show_ids="--show-ids" in args)
