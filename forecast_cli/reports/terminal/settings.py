"""Settings in force on a terminal, with the origin of each."""

from rich.table import Table
from rich.text import Text

from forecast_cli.config.load import LoadedSettings
from forecast_cli.reports.escape import printable
from forecast_cli.reports.terminal.layout import Column, ruled


def render_settings(loaded: LoadedSettings) -> Table:
    """Return one row for each setting: its value, and the flag, variable or file it comes from."""
    values = loaded.settings.model_dump(mode="json")
    columns = (Column("setting"), Column("value", wraps=True), Column("from", wraps=True))
    return ruled(columns, [_row(name, value, loaded.origins[name]) for name, value in values.items()])


def _row(name: str, value: object, origin: str) -> tuple[str, str, Text]:
    return name, format_value(value), Text(printable(origin), style="dim" if origin == "default" else "")


def format_value(value: object) -> str:
    """Return a setting's value as it would be written on the command line, ``-`` for none."""
    match value:
        case None:
            return "-"
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(format_value(item) for item in value) or "-"
        case float():
            short = f"{value:g}"
            return short if float(short) == value else repr(value)
        case _:
            return printable(value)
