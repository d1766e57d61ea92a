"""Result of ``sample``: what was written, and the next command."""

from pathlib import Path
from typing import Any, NoReturn

from rich.console import Group

from forecast_cli.cli.messages import Log
from forecast_cli.cli.views.next_steps import forecast_command
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.text import counted
from forecast_cli.data.sample.spec import SampleSummary
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import size
from forecast_cli.reports.terminal.layout import Column, aligned, command_line, heading, section, sections


def end_sample(log: Log, summary: SampleSummary, output: Path, *, quiet: bool) -> NoReturn:
    """Show what was written and exit."""
    log.summarize(render_sample(summary, output), quiet=quiet)
    message = f"{summary.accounts} accounts written to {output}"
    log.leave(ExitCode.OK, message, None, _values(summary))


def render_sample(summary: SampleSummary, output: Path) -> Group:
    """Return what was written, and the accounts by type."""
    files = f"{counted(summary.rows, 'row')} in {counted(len(summary.files), 'file')} ({size(summary.bytes)})"
    rows = [(printable(kind), f"{count:,}") for kind, count in summary.account_types.items()]
    return sections(
        heading(f"{counted(summary.accounts, 'account')} written to {printable(output)}: {files}"),
        aligned((Column(), Column(align="right")), rows),
        section("Next", command_line(forecast_command(output))),
    )


def _values(summary: SampleSummary) -> dict[str, Any]:
    """Return the fields for the last line of a log."""
    return {
        "counts": {"accounts": summary.accounts, "rows": summary.rows, "files": len(summary.files)},
        "manifest": None,
        "account_types": dict(summary.account_types),
        "files": [str(file) for file in summary.files],
    }
