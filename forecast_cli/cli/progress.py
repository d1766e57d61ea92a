"""Progress listeners: silent, a line for every tenth, JSON lines, or a progress bar on a terminal."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from forecast_cli.cli.messages import Log, LogFormat
from forecast_cli.cli.streams import is_terminal, write_err
from forecast_cli.core.progress import NullProgress, Progress
from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import duration


@contextmanager
def reporting_progress(log: Log, *, quiet: bool) -> Iterator[Progress]:
    """Yield the progress listener for the log and the terminal; a bar is removed from the screen at the end."""
    listener = _listener(log, quiet=quiet)
    try:
        yield listener
    finally:
        listener.finish()


def _listener(log: Log, *, quiet: bool) -> Progress:
    if quiet:
        return QuietProgress(log)
    if log.format is LogFormat.JSON:
        return JsonProgress(log)
    if is_terminal(sys.stderr):
        from forecast_cli.cli.progress_bar import BarProgress

        return BarProgress(log)
    return LineProgress(log)


class QuietProgress(NullProgress):
    """Progress listener that passes warnings on and ignores everything else."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def warn(self, message: str) -> None:
        """Write the warning to the log."""
        self._log.warn(message)


class TenthsProgress(QuietProgress, ABC):
    """Base class of listeners that report every tenth of a stage."""

    def __init__(self, log: Log) -> None:
        super().__init__(log)
        self._description, self._unit, self._total, self._done = "", "", 0, 0

    def start(self, description: str, total: int | None = None, unit: str = "account") -> None:
        """Begin a stage."""
        self._description, self._unit, self._total, self._done = description, unit, total or 0, 0

    def advance(self, count: int) -> None:
        """Count finished units, and report if another tenth of the stage is done."""
        before, self._done = self._tenths(), self._done + count
        if self._tenths() > before:
            self.say()

    @abstractmethod
    def say(self) -> None:
        """Report the progress of the stage."""

    def _tenths(self) -> int:
        return self._done * 10 // self._total if self._total else 0


class LineProgress(TenthsProgress):
    """Progress listener that writes a line for every tenth, for cron mails and CI logs."""

    def say(self) -> None:
        """Write one line."""
        share, of = self._done * 100 // self._total, counted(self._total, self._unit)
        took = duration(self._log.seconds)
        write_err(f"{printable(self._description)}: {share:3d} % ({self._done:,} of {of}), {took}\n")


class JsonProgress(TenthsProgress):
    """Progress listener that writes a JSON line for every stage and every tenth of it."""

    def start(self, description: str, total: int | None = None, unit: str = "account") -> None:
        """Begin a stage and report it in one event."""
        super().start(description, total, unit)
        self._log.event("stage", description, level="info", fields={"seconds": self._log.seconds})

    def say(self) -> None:
        """Write one event."""
        fields = {"done": self._done, "total": self._total, "seconds": self._log.seconds}
        self._log.event("progress", self._description, level="info", fields=fields)
