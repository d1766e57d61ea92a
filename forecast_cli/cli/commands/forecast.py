"""``forecast-cli forecast``: the main job."""

from typing import Annotated

import typer

from forecast_cli.cli.flags import is_quiet, settings_from, takes
from forecast_cli.cli.options.reading import InputOptions, OriginOptions
from forecast_cli.cli.options.running import ForecastOptions, RunOptions
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
    from forecast_cli.cli.progress import reporting_progress
    from forecast_cli.data.files.addresses import output_at
    from forecast_cli.workflows.forecast import plan_forecast, run_forecast
    from forecast_cli.workflows.overlap import refuse_metrics
    from forecast_cli.workflows.results import ForecastRequest

    place, previous, metrics = output_at(output), ctx.params["previous"], ctx.params["metrics"]
    request = ForecastRequest(source, place, settings, force, output_at(previous) if previous else None)
    if metrics is not None:
        refuse_metrics(metrics, place)
    if dry_run:
        from forecast_cli.cli.views.plan import end_plan

        end_plan(ctx.obj, plan_forecast(request))
    with reporting_progress(ctx.obj, quiet=is_quiet(ctx)) as progress:
        run = run_forecast(request, progress)
    if metrics is not None:
        from forecast_cli.workflows.run_metrics import write_metrics  # heavy, as its end is

        write_metrics(metrics, place, exit_code=run.exit_code, shards_resumed=run.shards_resumed)
    from forecast_cli.cli.views.forecast import end_run  # rich is not needed before

    end_run(ctx.obj, run, quiet=is_quiet(ctx))
