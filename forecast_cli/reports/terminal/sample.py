"""Result of ``sample`` on a terminal."""

from pathlib import Path

from rich.console import Group

from forecast_cli.core.text import counted
from forecast_cli.data.sample.spec import SampleSummary
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import size
from forecast_cli.reports.terminal.layout import Column, aligned, command_line, heading, section, sections


def render_sample(summary: SampleSummary, output: Path, *, following: str) -> Group:
    """Return what was written, the accounts by type, and the next command ``following``, which is already escaped."""
    files = f"{counted(summary.rows, 'row')} in {counted(len(summary.files), 'file')} ({size(summary.bytes)})"
    rows = [(printable(kind), f"{count:,}") for kind, count in summary.account_types.items()]
    return sections(
        heading(f"{counted(summary.accounts, 'account')} written to {printable(output)}: {files}"),
        aligned((Column(), Column(align="right")), rows),
        section("Next", command_line(following)),
    )
