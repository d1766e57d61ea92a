"""``forecast-cli models``: what there is to forecast with."""

from forecast_cli.cli.options.shared import FormatOption, OutputFormat


def models(format: FormatOption = OutputFormat.TABLE) -> None:  # noqa: A002 - the option's name
    """List the models, with what each needs and costs."""
    from forecast_cli.cli.streams import columns, show, write_out
    from forecast_cli.models.registry import REGISTRY
    from forecast_cli.reports.jsonlines import document
    from forecast_cli.reports.terminal.models import model_values, render_models

    specs = tuple(REGISTRY.values())
    if format is OutputFormat.JSON:
        write_out(document([model_values(spec) for spec in specs]))
    else:
        show(render_models(specs, width=columns()))
