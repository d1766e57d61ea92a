"""``forecast-cli backtest``: history replayed, every model scored."""

import typer

from forecast_cli.cli.flags import is_quiet, settings_from, takes
from forecast_cli.cli.options.backtest import BacktestOptions
from forecast_cli.cli.options.reading import InputOptions
from forecast_cli.cli.options.running import RunOptions
from forecast_cli.cli.options.shared import (
    ConfigOptions,
    ForceOption,
    LogOptions,
    MetricsOptions,
    QuietOptions,
    ReportsOption,
    SourceArgument,
)


@takes(BacktestOptions, RunOptions, InputOptions, MetricsOptions, ConfigOptions, QuietOptions, LogOptions)
def backtest(
    ctx: typer.Context,
    source: SourceArgument,
    output: ReportsOption,
    force: ForceOption = False,
) -> None:
    """Measure the accuracy of the models on the history of INPUT.

    Forecasts every account from past dates (cutoffs), using only what was known then, and compares the forecasts with
    what happened. Writes tables, a leaderboard and a report to open in a browser.
    """
    settings = settings_from(ctx).settings
    from forecast_cli.cli.progress import reporting_progress
    from forecast_cli.cli.views.backtest import end_backtest
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.backtest import run_backtest
    from forecast_cli.workflows.overlap import refuse_metrics
    from forecast_cli.workflows.results import ForecastRequest
    from forecast_cli.workflows.run_metrics import write_metrics

    place, metrics = output_at(output), ctx.params["metrics"]
    request = ForecastRequest(source, place, settings, force)
    if metrics is not None:
        refuse_metrics(metrics, place)
    with reporting_progress(ctx.obj, quiet=is_quiet(ctx)) as progress:
        run = run_backtest(request, progress)
    if metrics is not None:
        write_metrics(metrics, place, exit_code=run.exit_code, shards_resumed=run.shards_resumed)
    end_backtest(ctx.obj, run, quiet=is_quiet(ctx))
