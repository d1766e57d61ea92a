"""A run that ends with reports: a backtest, or the score of finished forecasts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import typer

from forecast_cli.cli.flags import is_quiet
from forecast_cli.data.files.addresses import Output

if TYPE_CHECKING:
    from forecast_cli.core.progress import Progress
    from forecast_cli.workflows.backtest import BacktestRun


def end_reported_run(ctx: typer.Context, output: Output, run_with: Callable[["Progress"], "BacktestRun"]) -> NoReturn:
    """Start a run that writes to ``output``, write the metrics that were asked for, show the summary and exit."""
    from forecast_cli.cli.progress import reporting_progress
    from forecast_cli.cli.views.backtest import end_backtest
    from forecast_cli.workflows.overlap import refuse_metrics
    from forecast_cli.workflows.run_metrics import write_metrics

    metrics, quiet = ctx.params["metrics"], is_quiet(ctx)
    if metrics is not None:
        refuse_metrics(metrics, output)
    with reporting_progress(ctx.obj, quiet=quiet) as progress:
        run = run_with(progress)
    if metrics is not None:
        write_metrics(metrics, output, exit_code=run.exit_code, shards_resumed=run.shards_resumed)
    end_backtest(ctx.obj, run, quiet=quiet)
