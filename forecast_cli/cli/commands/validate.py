"""``forecast-cli validate``: the data contract against one input."""

import typer

from forecast_cli.cli.flags import only, settings_from, takes
from forecast_cli.cli.options.settings import ForecastOptions, InputOptions, OriginOptions, RunOptions
from forecast_cli.cli.options.shared import ConfigOptions, FormatOption, LogOptions, OutputFormat, SourceArgument


@takes(
    InputOptions,
    OriginOptions,
    only(RunOptions, "max_failed"),
    only(ForecastOptions, "max_skipped"),
    ConfigOptions,
    LogOptions,
)
def validate(ctx: typer.Context, source: SourceArgument, format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002
    """Check INPUT for problems, without forecasting.

    Lists each problem and what a run would do about it. Exits with 4 if a run would reject the input, and
    with 5 if it would refuse a column of --threshold. If a run would exit with 3, it only says so.
    """
    settings = settings_from(ctx).settings
    from forecast_cli.cli.views.validation import end_validation
    from forecast_cli.workflows.validate import run_validate

    end_validation(ctx.obj, run_validate(source, settings), format, settings)
