"""``forecast-cli backtest``: history replayed, every model scored."""

from functools import partial

import typer

from forecast_cli.cli.flags import settings_from, takes
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
    from forecast_cli.cli.reported_run import end_reported_run
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.backtest import run_backtest
    from forecast_cli.workflows.results import ForecastRequest

    request = ForecastRequest(source, output_at(output), settings, force)
    end_reported_run(ctx, request.output, partial(run_backtest, request))
