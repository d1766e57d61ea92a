"""A result on stdout, in the format that was asked for."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import show, write_out
from forecast_cli.reports.json_text import document

if TYPE_CHECKING:
    from rich.console import RenderableType


def write_result(format: OutputFormat, values: Any, render: Callable[[], "RenderableType"]) -> None:  # noqa: A002
    """Write a result to stdout: its ``values`` as JSON, or what ``render`` makes of it for a terminal."""
    if format is OutputFormat.JSON:
        write_out(document(values))
    else:
        show(render())
