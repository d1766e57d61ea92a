"""``forecast-cli models``: what there is to forecast with."""

from forecast_cli.cli.options.shared import FormatOption, OutputFormat


def models(format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002 - the option's name
    """List the models, with what each needs and costs."""
    from forecast_cli.cli.streams import columns
    from forecast_cli.cli.views.result import write_result
    from forecast_cli.models.registry import REGISTRY
    from forecast_cli.reports.terminal.models import model_values, render_models

    specs = tuple(REGISTRY.values())
    write_result(format, [model_values(spec) for spec in specs], lambda: render_models(specs, width=columns()))
