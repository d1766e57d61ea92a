"""Progress bar on a terminal, with warnings above it."""

import rich.progress as rp
from rich.console import Console
from rich.table import Column
from rich.text import Text

from forecast_cli.cli.messages import Log
from forecast_cli.core.ids import unmark_ids
from forecast_cli.reports.escape import printable


class BarProgress:
    """Progress listener that shows one bar for each stage, on stderr."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._bar: rp.Progress | None = None
        self._task: rp.TaskID | None = None

    def start(self, description: str, total: int | None = None, unit: str = "account") -> None:
        """Show a bar of ``total`` times ``unit``; without a total, a bar that only moves."""
        self.finish()
        self._bar = _bar(counts=total is not None)
        self._bar.start()
        self._task = self._bar.add_task(printable(description), total=total, unit=f"{unit}s")

    def advance(self, count: int) -> None:
        """Advance the bar."""
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task, count)

    def warn(self, message: str) -> None:
        """Show the warning above the bar."""
        if self._bar is None:
            self._log.warn(message)
        else:
            self._bar.console.print(Text(f"warning: {printable(unmark_ids(message))}"), soft_wrap=True)

    def finish(self) -> None:
        """Remove the bar from the screen."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _bar(*, counts: bool) -> rp.Progress:
    done = (rp.MofNCompleteColumn(), rp.TextColumn("{task.fields[unit]}"), rp.TimeRemainingColumn())
    how_far = done if counts else (rp.TimeElapsedColumn(),)
    return rp.Progress(
        rp.TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        rp.BarColumn(),
        *how_far,
        console=Console(stderr=True, markup=False, highlight=False, emoji=False),
        transient=True,
    )
