"""Plan of a forecast run, shown by ``--dry-run``."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

from rich.console import Group, RenderableType

from forecast_cli.cli.messages import Log
from forecast_cli.cli.streams import show
from forecast_cli.cli.views.accounts import render_accounts, render_groups
from forecast_cli.cli.views.forecast import describe_input
from forecast_cli.cli.views.validation import describe_run, run_exit_code
from forecast_cli.cli.views.values import plan_values
from forecast_cli.config.choices import Executor
from forecast_cli.config.settings import Settings
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Output
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import duration, size
from forecast_cli.reports.terminal.findings import render_worth_knowing
from forecast_cli.reports.terminal.layout import Column, Indented, aligned, heading, line, section, sections
from forecast_cli.risk.lows import windows_within
from forecast_cli.store.state import OutputState
from forecast_cli.workflows.results import ForecastPlan

_MEANINGS: Final[Mapping[Status, str]] = {
    Status.OK: "would be forecast, some perhaps by a simpler model",
    Status.SKIPPED: "no forecast: last row too old, or first row after the origin",
    Status.FAILED: "no forecast: unusable rows",
}

_OUTPUT_STATES: Final[Mapping[OutputState, str]] = {
    OutputState.NEW: "new",
    OutputState.RESUMABLE: "this run, cut off: would be resumed where it stopped",
    OutputState.FINISHED: "this run, finished: nothing left to do",
    OutputState.DAMAGED: "this run, damaged: would be done again",
    OutputState.OTHER: "another run: would be replaced (--force)",
}


def end_plan(log: Log, plan: ForecastPlan) -> NoReturn:
    """Show what a run would do and exit."""
    show(render_plan(plan))
    fields = plan_values(plan) | {"run_exit_code": run_exit_code(plan.accounts, plan.request.settings)}
    log.leave(ExitCode.OK, "dry run: nothing was written", None, fields)


def render_plan(plan: ForecastPlan) -> Group:
    """Return input, work, estimated cost, and the accounts that would get no forecast with the reasons."""
    known = render_worth_knowing(plan.findings)
    return sections(
        heading("Dry run: nothing was written"),
        _facts(plan),
        render_accounts(plan.accounts, _MEANINGS, quarantined_files=plan.input.quarantined_files),
        section("Would get no forecast", render_groups(plan.set_aside)) if plan.set_aside else None,
        section("Input", known) if known else None,
        _verdict(plan),
    )


def _verdict(plan: ForecastPlan) -> RenderableType:
    settings = plan.request.settings
    if plan.output_state is OutputState.FINISHED and not plan.request.force:
        return line("A run would do nothing: it is already finished.", "bold green")
    style = "bold green" if run_exit_code(plan.accounts, settings) is ExitCode.OK else "bold red"
    return line(describe_run(plan.accounts, settings), style)


def _facts(plan: ForecastPlan) -> Indented:
    settings = plan.request.settings
    start = str(plan.input.origin) if plan.input.origin else "each account's own last day"
    rows = [
        ("input", describe_input(plan.input)),
        ("output", f"{printable(plan.request.output)} ({_describe_output(plan)})"),
        ("origin", start),
        ("horizon", counted(settings.horizon, "day")),
        *([("holidays", plan.holidays)] if plan.holidays else []),
        ("models", ", ".join(map(printable, plan.models))),
        ("low balance", _risk(settings)),
        ("work", _work(plan)),
        ("memory", _memory(plan)),
        *([] if plan.spill_bytes is None else [("disk", _spill(plan.spill_bytes, plan.request.output))]),
        (
            "CPU time",
            f"{duration(plan.cpu_seconds)} for the models, estimated; reading, learning and start-up are extra",
        ),
    ]
    return aligned((Column(), Column(wraps=True)), rows)


def _work(plan: ForecastPlan) -> str:
    executor = plan.request.settings.executor
    if executor is not Executor.LOCAL:
        return f"{counted(plan.shards, 'shard')}, each a task of {executor}"
    return f"{counted(plan.shards, 'shard')} in {counted(plan.jobs, 'process', 'processes')}"


def _memory(plan: ForecastPlan) -> str:
    bound = "unknown" if plan.memory_bytes is None else f"up to {size(plan.memory_bytes)}"
    if plan.request.settings.executor is not Executor.LOCAL:
        return f"{bound} on this machine"
    at_once = f"; {plan.at_once:,} accounts at a time in each process" if plan.at_once is not None else ""
    return f"{bound}{at_once}"


def _spill(count: int, output: Output) -> str:
    where = "the output" if isinstance(output, Path) else "a temporary folder"
    return f"up to {size(count)} in {where} during the run, to sort rows by account"


def _risk(settings: Settings) -> str:
    if not settings.threshold:
        return "not requested"
    thresholds = ", ".join(map(printable, settings.threshold))
    return f"under {thresholds}, within {', '.join(map(str, windows_within(settings.horizon)))} days"


def _describe_output(plan: ForecastPlan) -> str:
    """Return what the output holds and what a run would do with it."""
    again = plan.request.force and plan.output_state in (OutputState.RESUMABLE, OutputState.FINISHED)
    words = "this run: would be done again (--force)" if again else _OUTPUT_STATES[plan.output_state]
    return f"{words}; {printable(plan.output_why)}" if plan.output_why else words
