"""Settings in force on a terminal, with the origin of each."""

from rich.table import Table
from rich.text import Text

from forecast_cli.config.load import LoadedSettings
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import setting_text
from forecast_cli.reports.terminal.layout import Column, ruled


def render_settings(loaded: LoadedSettings) -> Table:
    """Return one row for each setting: its value, and the flag, variable or file it comes from."""
    values = loaded.settings.model_dump(mode="json")
    columns = (Column("setting"), Column("value", wraps=True), Column("from", wraps=True))
    return ruled(columns, [_row(name, value, loaded.origins[name]) for name, value in values.items()])


def _row(name: str, value: object, origin: str) -> tuple[str, str, Text]:
    return name, setting_text(value), Text(printable(origin), style="dim" if origin == "default" else "")
