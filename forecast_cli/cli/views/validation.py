"""Result of ``validate``: the findings of the data contract and a verdict."""

from collections.abc import Mapping
from typing import NoReturn

import typer
from rich.console import Group

from forecast_cli.cli.messages import Log, LogFormat
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.views.forecast import describe_input
from forecast_cli.cli.views.result import write_result
from forecast_cli.cli.views.values import validation_values
from forecast_cli.config.settings import Settings
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.core.redact import redact
from forecast_cli.core.text import counted
from forecast_cli.data.findings import Action
from forecast_cli.reports.escape import printable
from forecast_cli.reports.terminal.findings import render_findings
from forecast_cli.reports.terminal.layout import line, no_wrap, sections
from forecast_cli.workflows.results import Validation, exceeded


def end_validation(log: Log, validation: Validation, format: OutputFormat, settings: Settings) -> NoReturn:  # noqa: A002
    """Show the findings about an input, and how a run with ``settings`` would end; exit."""
    run_ends = _run_exit_code(validation, settings)
    found = validation_values(validation) | {"run_exit_code": run_ends}
    write_result(format, found, lambda: render_validation(validation, settings))
    if log.format is LogFormat.TEXT:  # the verdict is already part of the output
        raise typer.Exit(validation.exit_code)
    counts = {"accounts": validation.input.accounts, **found["accounts"]}
    fields = {"counts": counts, "manifest": None, "run_exit_code": run_ends}
    hint = validation.refused.hint if validation.refused else None
    log.leave(validation.exit_code, _verdict(validation, settings), hint, fields)


def render_validation(validation: Validation, settings: Settings) -> Group:
    """Return a summary of the input, the findings with what a run would do about them, and the verdict."""
    findings = (
        render_findings(validation.findings) if validation.findings else line("No rule of the contract is broken.")
    )
    style = "bold green" if _run_exit_code(validation, settings) is ExitCode.OK else "bold red"
    verdict = line(_verdict(validation, settings), style)
    return sections(line(describe_input(validation.input)), findings, _hints(validation, settings), verdict)


def run_exit_code(accounts: Mapping[Status, int], settings: Settings) -> ExitCode:
    """Return the exit code of a run as far as the contract decides it; in a run, models may fail for more accounts."""
    ends_with_3 = _too_many(accounts, settings) or not accounts[Status.OK]
    return ExitCode.ACCOUNTS_FAILED if ends_with_3 else ExitCode.OK


def describe_run(accounts: Mapping[Status, int], settings: Settings) -> str:
    """Return in one line how many accounts a run would forecast, and why it would exit with 3 if it would."""
    ready, total = accounts[Status.OK], sum(accounts.values())
    without = f"; {total - ready:,} would get no forecast" if total > ready else ""
    return f"A run would forecast {ready:,} of {counted(total, 'account')}{without}.{_ending(accounts, settings)}"


def _run_exit_code(validation: Validation, settings: Settings) -> ExitCode:
    well = validation.exit_code is ExitCode.OK
    return run_exit_code(validation.accounts, settings) if well else validation.exit_code


def _too_many(accounts: Mapping[Status, int], settings: Settings) -> Mapping[Status, int]:
    return exceeded(accounts, max_failed=settings.max_failed, max_skipped=settings.max_skipped)


def _verdict(validation: Validation, settings: Settings) -> str:
    """Return in one line what a run would do with the input, and the reason if it would not exit with 0."""
    if validation.rejected:
        rejections = sum(finding.action is Action.REJECT for finding in validation.findings)
        return f"A run would reject this input for {counted(rejections, 'reason')}."
    if validation.refused:
        return f"A run would end with exit code {validation.exit_code}: {redact(validation.refused.message)}"
    return describe_run(validation.accounts, settings)


def _ending(accounts: Mapping[Status, int], settings: Settings) -> str:
    if run_exit_code(accounts, settings) is ExitCode.OK:
        return ""
    why = "; ".join(
        f"{accounts[status]:,} {status}, more than --max-{status} {limit} allows"
        for status, limit in _too_many(accounts, settings).items()
    )
    return f" It would end with exit code 3: {why or 'nothing to forecast'}."


def _hints(validation: Validation, settings: Settings) -> Group | None:
    """Return the hints for what keeps a run from exiting with 0; None if nothing does."""
    if _run_exit_code(validation, settings) is ExitCode.OK:
        return None
    if validation.refused:
        return Group(no_wrap(f"hint:  {printable(validation.refused.hint or '')}"))
    statuses = _too_many(validation.accounts, settings) if validation.accounts[Status.OK] else tuple(Status)
    hints = dict.fromkeys(
        finding.hint
        for finding in validation.findings
        if (finding.action is Action.REJECT if validation.rejected else finding.status in statuses)
    )
    lines = [no_wrap(f"hint:  {printable(hint)}") for hint in hints if hint]
    return Group(*lines) if lines else None
