"""``forecast-cli config``: what can be set, what is in force, and where each value came from."""

from pathlib import Path
from typing import Annotated

import typer

from forecast_cli.cli.boundary import group_app, show_help_if_alone
from forecast_cli.cli.flags import settings_from, takes
from forecast_cli.cli.options.settings import BacktestOptions, ForecastOptions, InputOptions, OriginOptions, RunOptions
from forecast_cli.cli.options.shared import ConfigOptions, FormatOption, OutputFormat


def config_app() -> typer.Typer:
    """Return the group of the config commands."""
    return group_app(_config, init=init, show=show, schema=schema)


def _config(ctx: typer.Context) -> None:
    """Show the settings in effect, or create a config file.

    Flags override FORECAST_* variables, which override the config file, which overrides the defaults.
    """
    show_help_if_alone(ctx)


def init(
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to create; it must not exist yet (default: stdout).", metavar="FILE"),
    ] = None,
) -> None:
    """Create a TOML config file with all settings, commented."""
    from forecast_cli.cli.streams import write_new_file, write_out
    from forecast_cli.reports.config_template import render_config_template
    from forecast_cli.reports.escape import printable

    if output is None:
        write_out(render_config_template())
    else:
        write_new_file(output, render_config_template())
        write_out(f"{printable(output)} written: every setting with its default; use it with --config\n")


@takes(RunOptions, ForecastOptions, BacktestOptions, InputOptions, OriginOptions, ConfigOptions)
def show(ctx: typer.Context, format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002 - the option's name
    """Show every setting, its value and where it comes from."""
    from forecast_cli.cli.views.result import write_result
    from forecast_cli.core.redact import redact
    from forecast_cli.reports.terminal.settings import render_settings

    loaded = settings_from(ctx)
    values = {
        name: {"value": value, "from": redact(loaded.origins[name])}
        for name, value in loaded.settings.model_dump(mode="json").items()
    }
    write_result(format, values, lambda: render_settings(loaded))


def schema() -> None:
    """Print the JSON schema of the config file."""
    from forecast_cli.cli.streams import write_out
    from forecast_cli.config.settings import Settings
    from forecast_cli.reports.json_text import document

    write_out(document(Settings.model_json_schema()))
