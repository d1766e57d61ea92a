"""``forecast-cli forecast``: the main job."""

from functools import partial
from typing import Annotated

import typer

from forecast_cli.cli.flags import is_quiet, settings_from, takes
from forecast_cli.cli.options.settings import ForecastOptions, InputOptions, OriginOptions, RunOptions
from forecast_cli.cli.options.shared import (
    ConfigOptions,
    ForceOption,
    LogOptions,
    MetricsOptions,
    PreviousOptions,
    QuietOptions,
    SourceArgument,
    not_empty,
)


@takes(
    RunOptions,
    ForecastOptions,
    InputOptions,
    OriginOptions,
    MetricsOptions,
    PreviousOptions,
    ConfigOptions,
    QuietOptions,
    LogOptions,
)
def forecast(
    ctx: typer.Context,
    source: SourceArgument,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            help="Folder or object-store address to write the tables to.",
            metavar="DIR",
            callback=not_empty,
        ),
    ],
    force: ForceOption = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what a run would do, without writing anything.")
    ] = False,
) -> None:
    """Forecast the balance of every account in INPUT.

    Writes tables of forecasts, low-balance risk and recurring payments to DIR. If a run is interrupted, the same
    command resumes it; a finished run is not repeated.
    """
    settings = settings_from(ctx).settings
    from forecast_cli.cli.measured_run import metrics_file, run_measured
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.forecast import plan_forecast, run_forecast
    from forecast_cli.workflows.results import ForecastRequest

    place, previous = output_at(output), ctx.params["previous"]
    request = ForecastRequest(source, place, settings, force, output_at(previous) if previous else None)
    if dry_run:
        from forecast_cli.cli.views.plan import end_plan

        metrics_file(ctx, place)
        end_plan(ctx.obj, plan_forecast(request))
    run = run_measured(ctx, place, partial(run_forecast, request))
    from forecast_cli.cli.views.forecast import end_run  # rich is not needed before

    end_run(ctx.obj, run, quiet=is_quiet(ctx))
