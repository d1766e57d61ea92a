"""Result of ``sample``: what was written."""

from pathlib import Path
from typing import Any, NoReturn

from forecast_cli.cli.messages import Log
from forecast_cli.cli.views.next_steps import forecast_command
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.data.sample.spec import SampleSummary
from forecast_cli.reports.terminal.sample import render_sample


def end_sample(log: Log, summary: SampleSummary, output: Path, *, quiet: bool) -> NoReturn:
    """Show what was written and exit."""
    log.summarize(render_sample(summary, output, following=forecast_command(output)), quiet=quiet)
    message = f"{summary.accounts} accounts written to {output}"
    log.leave(ExitCode.OK, message, None, _values(summary))


def _values(summary: SampleSummary) -> dict[str, Any]:
    """Return the fields for the last line of a log."""
    return {
        "counts": {"accounts": summary.accounts, "rows": summary.rows, "files": len(summary.files)},
        "manifest": None,
        "account_types": dict(summary.account_types),
        "files": [str(file) for file in summary.files],
    }
