"""``forecast-cli backtest``: history replayed, every model scored."""

from functools import partial

import typer

from forecast_cli.cli.flags import is_quiet, settings_from, takes
from forecast_cli.cli.options.settings import BacktestOptions, InputOptions, RunOptions
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
    from forecast_cli.cli.measured_run import run_measured
    from forecast_cli.cli.views.backtest import end_backtest
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.backtest import run_backtest
    from forecast_cli.workflows.results import ForecastRequest

    request = ForecastRequest(source, output_at(output), settings, force)
    run = run_measured(ctx, request.output, partial(run_backtest, request))
    end_backtest(ctx.obj, run, quiet=is_quiet(ctx))
