"""How each command ends: its result on stdout, the last word of the log, and its exit code."""

from pathlib import Path
from typing import NoReturn

import typer

from forecast_cli.cli.messages import Ending, Log, LogFormat
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import show, write_out
from forecast_cli.cli.views import values
from forecast_cli.cli.views.check import check_hint, render_check
from forecast_cli.cli.views.check import describe_end as describe_check
from forecast_cli.cli.views.forecast import describe_end as describe_run
from forecast_cli.cli.views.forecast import render_run, suggest
from forecast_cli.cli.views.next_steps import forecast_command
from forecast_cli.cli.views.plan import render_plan
from forecast_cli.cli.views.validation import render_validation, run_exit_code, verdict
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.data.sample.spec import SampleSummary
from forecast_cli.reports.jsonlines import document
from forecast_cli.reports.terminal.sample import render_sample
from forecast_cli.workflows.results import CheckReport, ForecastPlan, ForecastRun, Validation


def end_run(log: Log, run: ForecastRun, *, quiet: bool) -> NoReturn:
    """Show the summary of a run."""
    log.summarize(render_run(run, seconds=log.seconds), quiet=quiet)
    log.leave(Ending(run.exit_code, describe_run(run), suggest(run), values.run_values(run)))


def end_plan(log: Log, plan: ForecastPlan) -> NoReturn:
    """Show what a run would do."""
    show(render_plan(plan))
    log.leave(Ending(ExitCode.OK, "dry run: nothing was written", None, values.plan_values(plan)))


def end_validation(log: Log, validation: Validation, format: OutputFormat, *, max_failed: int) -> NoReturn:  # noqa: A002
    """Show what the contract says of an input, and how a run that allows ``max_failed`` accounts would end."""
    run_ends = run_exit_code(validation, max_failed)
    found = values.validation_values(validation) | {"run_exit_code": run_ends}
    if format is OutputFormat.JSON:
        write_out(document(found))
    else:
        show(render_validation(validation, max_failed=max_failed))
    if log.format is LogFormat.TEXT:  # the verdict is part of the result
        raise typer.Exit(validation.exit_code)
    fields = {"counts": found["accounts"], "manifest": None, "run_exit_code": run_ends}
    log.leave(Ending(validation.exit_code, verdict(validation, max_failed=max_failed), None, fields))


def end_check(log: Log, report: CheckReport, *, quiet: bool) -> NoReturn:
    """Show whether an output is whole."""
    log.summarize(render_check(report), quiet=quiet)
    log.leave(Ending(report.exit_code, describe_check(report), check_hint(report), values.check_values(report)))


def end_sample(log: Log, summary: SampleSummary, output: Path, *, quiet: bool) -> NoReturn:
    """Show what was written."""
    log.summarize(render_sample(summary, output, following=forecast_command(output)), quiet=quiet)
    message = f"{summary.accounts} accounts written to {output}"
    log.leave(Ending(ExitCode.OK, message, None, values.sample_values(summary)))
