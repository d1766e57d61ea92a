"""A run of a command that takes ``--metrics``: with progress while it lasts, and its metrics written at the end."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from forecast_cli.cli.flags import is_quiet
from forecast_cli.data.files.addresses import Output

if TYPE_CHECKING:
    from forecast_cli.core.progress import Progress
    from forecast_cli.workflows.backtest import BacktestRun
    from forecast_cli.workflows.results import ForecastRun

_Run = TypeVar("_Run", "BacktestRun", "ForecastRun")


def metrics_file(ctx: typer.Context, output: Output) -> Path | None:
    """Return the file of ``--metrics``, None without the option; raise what ``refuse_metrics`` raises."""
    from forecast_cli.workflows.overlap import refuse_metrics

    path: Path | None = ctx.params["metrics"]
    if path is not None:
        refuse_metrics(path, output)
    return path


def run_measured(ctx: typer.Context, output: Output, run_with: Callable[["Progress"], _Run]) -> _Run:
    """Do a run that writes to ``output``, and write the metrics that were asked for."""
    from forecast_cli.cli.progress import reporting_progress

    metrics = metrics_file(ctx, output)
    with reporting_progress(ctx.obj, quiet=is_quiet(ctx)) as progress:
        run = run_with(progress)
    if metrics is not None:
        from forecast_cli.workflows.run_metrics import write_metrics  # slow, and only the end of a run needs it

        write_metrics(metrics, output, exit_code=run.exit_code, shards_resumed=run.shards_resumed)
    return run
