"""Result of ``sample``: what was written."""

from pathlib import Path
from typing import NoReturn

from forecast_cli.cli.messages import Ending, Log
from forecast_cli.cli.views.next_steps import forecast_command
from forecast_cli.cli.views.values import sample_values
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.data.sample.spec import SampleSummary
from forecast_cli.reports.terminal.sample import render_sample


def end_sample(log: Log, summary: SampleSummary, output: Path, *, quiet: bool) -> NoReturn:
    """Show what was written and exit."""
    log.summarize(render_sample(summary, output, following=forecast_command(output)), quiet=quiet)
    message = f"{summary.accounts} accounts written to {output}"
    log.leave(Ending(ExitCode.OK, message, None, sample_values(summary)))
