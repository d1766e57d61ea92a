"""``forecast-cli score``: finished forecasts beside the balances that came since."""

from functools import partial
from typing import Annotated

import typer

from forecast_cli.cli.flags import is_quiet, only, settings_from, takes
from forecast_cli.cli.options.settings import BacktestOptions, InputOptions, RunOptions
from forecast_cli.cli.options.shared import (
    ConfigOptions,
    ForceOption,
    LogOptions,
    MetricsOptions,
    QuietOptions,
    ReportsOption,
    SourceArgument,
    not_empty,
)


def _not_empty(places: list[str]) -> list[str]:
    return [not_empty(place) for place in places]


@takes(
    only(BacktestOptions, "scale_lag", "segment"),
    only(RunOptions, "max_failed", "jobs", "memory", "mode", "shard_size"),
    only(InputOptions, "require_success", "read_timeout"),
    MetricsOptions,
    ConfigOptions,
    QuietOptions,
    LogOptions,
)
def score(
    ctx: typer.Context,
    source: SourceArgument,
    forecast: Annotated[
        list[str],
        typer.Option(
            "--forecast",
            help="Output of a finished forecast: a folder or an object-store address; or a folder of such outputs "
            "(repeatable).",
            metavar="DIR",
            callback=_not_empty,
        ),
    ],
    output: ReportsOption,
    force: ForceOption = False,
) -> None:
    """Score finished forecasts by the balances that came since.

    Compares what was forecast, and the probabilities of low balances, with what happened. Reads INPUT with the settings
    of the forecasts. Writes the tables and reports of a backtest.
    """
    settings = settings_from(ctx).settings
    from forecast_cli.cli.measured_run import run_measured
    from forecast_cli.cli.views.backtest import end_backtest
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.score import ScoreRequest, run_score

    request = ScoreRequest(source, tuple(map(output_at, forecast)), output_at(output), settings, force)
    run = run_measured(ctx, request.output, partial(run_score, request))
    end_backtest(ctx.obj, run, quiet=is_quiet(ctx))
