"""Summary of a forecast run: its tables, its input, and the outcome of every account."""

from collections.abc import Mapping
from typing import Final, NoReturn

from rich.console import Group, RenderableType

from forecast_cli.cli.messages import Log
from forecast_cli.cli.views.accounts import render_accounts, render_groups
from forecast_cli.cli.views.next_steps import read_command, tool_command
from forecast_cli.cli.views.shortfall import commonest_reason, describe_excess, limit_hint, see_reasons
from forecast_cli.cli.views.values import run_values
from forecast_cli.config.calendars import describe_calendar
from forecast_cli.core.columns import level_label
from forecast_cli.core.text import counted, joined
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import duration, percent, size
from forecast_cli.reports.run_metrics import Change, RiskMoves
from forecast_cli.reports.terminal.findings import render_worth_knowing
from forecast_cli.reports.terminal.layout import (
    Column,
    Indented,
    aligned,
    command_line,
    heading,
    line,
    section,
    sections,
)
from forecast_cli.store.layout import FORECASTS
from forecast_cli.workflows.results import ForecastRun, InputSummary, WrittenFile

_HOLDS: Final[Mapping[str, str]] = {
    "forecasts/": "mean, median, intervals by day",
    "risk.parquet": "low balances: probability, date",
    "events.parquet": "recurring payments found",
    "accounts.parquet": "status and reason of each account",
    "learned_trees.parquet": "learned from all accounts",
    "learned_widths.parquet": "how wide intervals are",
    "learned_scores.parquet": "calibration of what was learned",
    "learned_weights.parquet": "learned weights of the candidates",
    "learned_past.parquet": "where past courses predict lows best",
    "weights.parquet": "candidates that joined, and their weights",
    "failures.parquet": "forecasts not as requested",
    "metrics.json": "figures to monitor",
    "manifest.json": "input, settings, checksums",
}


def end_run(log: Log, run: ForecastRun, *, quiet: bool) -> NoReturn:
    """Show the summary of a run and exit."""
    log.summarize(render_run(run, seconds=log.seconds), quiet=quiet)
    log.leave(run.exit_code, _describe_end(run), _suggest(run), run_values(run))


def render_run(run: ForecastRun, *, seconds: float) -> Group:
    """Return the summary of a finished run, readable at 80 columns; ``seconds`` is the time of the whole command."""
    return sections(
        heading(_title(run, seconds)),
        render_accounts(run.accounts, quarantined_files=run.input.quarantined_files),
        section("Not as requested", render_groups(run.failures)) if run.failures else None,
        _input(run),
        _low_balances(run),
        _render_change(run.change) if run.change else None,
        section(f"Tables in {printable(run.output)}", _files(run.files)),
        section("Next", *map(command_line, _next(run))),
    )


def describe_input(summary: InputSummary) -> str:
    """Return a summary of the input in one line."""
    if not summary.files:
        return f"No file could be read at {printable(summary.root)}"
    verified = "not verified" if summary.verified == "none" else f"verified by {summary.verified}"
    files = f"{counted(summary.files, 'file')} ({size(summary.bytes)}, {verified})"
    return f"{counted(summary.rows, 'row')} in {files} at {printable(summary.root)}"


def _describe_end(run: ForecastRun) -> str:
    """Return the outcome of a run in one line; for exit code 3, its reason."""
    if run.forecast_rows == 0:
        why = commonest_reason(run.failures, of=run.input.accounts)
        return f"none of {counted(run.input.accounts, 'account')} could be forecast: {why}"
    if run.too_many:
        return f"{describe_excess(run.too_many, run.accounts, run.failures)}; the rest is written"
    return f"{counted(run.input.accounts, 'account')}, {counted(run.forecast_rows, 'forecast row')} written"


def _suggest(run: ForecastRun) -> str:
    """Return a hint about accounts without a forecast."""
    allow = limit_hint(run.too_many) if run.forecast_rows else ""
    return f"{see_reasons(run.output, run.input.root)}{allow}"


def _next(run: ForecastRun) -> list[str]:
    risk = [tool_command("risk", run.output)] if any(one.accounts for one in run.low_balances) else []
    return [tool_command("check", run.output), *risk, read_command(run.output, f"{FORECASTS}/*.parquet")]


def _title(run: ForecastRun, seconds: float) -> str:
    start = f" from {run.input.origin}" if run.input.origin else " from each account's own last day"
    levels = joined([f"{level_label(level)} %" for level in run.levels])
    models = joined([printable(model) for model in run.models])
    calendar = f", {describe_calendar(run.holidays)}" if run.holidays else ""
    what = f"{counted(run.horizon, 'day')} ahead{start}, by {models}{calendar}, with intervals of {levels}"
    if run.reused:
        return f"Nothing left to do: this run is already finished, {what}"
    resumed = f", {run.shards_resumed} of {counted(run.shards, 'shard')} kept from before" if run.shards_resumed else ""
    return f"Done in {duration(seconds)}{resumed}: {what}"


def _input(run: ForecastRun) -> RenderableType:
    read = Indented(line(describe_input(run.input)))
    known = render_worth_knowing(run.findings)
    return section("Input", read, *([known] if known else []))


def _low_balances(run: ForecastRun) -> RenderableType | None:
    """Return how many accounts have a probability of 50 % or more to fall below each threshold, by window."""
    if not (run.forecast_rows and run.low_balances):
        return None
    rows = [
        (f"under {printable(one.threshold)}", *(f"{count:,}" for count in one.likely), f"of {one.accounts:,}")
        for one in run.low_balances
    ]
    days = ("within days", *(f"{days}" for days in run.low_balances[0].windows), "accounts")
    columns = (Column(wraps=True), *(Column(align="right") for _ in days[1:]))
    title = f"Low balance: accounts with a probability of 50 % or more, by {printable(run.models[0])}"
    return section(title, aligned(columns, [days, *rows]))


def _files(files: tuple[WrittenFile, ...]) -> Indented:
    rows = [(file.path, _rows(file), size(file.bytes), _HOLDS.get(file.path, "")) for file in files]
    return aligned((Column(), Column(align="right"), Column(align="right"), Column(wraps=True)), rows)


def _rows(file: WrittenFile) -> str:
    return counted(file.rows, "row") if not file.path.endswith(".json") else ""


def _render_change(change: Change) -> RenderableType:
    """Return how many accounts are newly likely to run low or have another status, and how many medians moved far."""
    rows = [(f"under {printable(one.threshold)}", _describe_moves(one)) for one in change.risk]
    medians = change.medians
    if medians.compared and medians.level is not None:
        outside = f"{percent(medians.outside_interval)} outside their earlier {medians.level:g} % interval"
        rows.append(("medians", f"{outside} on {medians.day}"))
    rows.append(("status", f"{counted(sum(one.accounts for one in change.statuses), 'account')} changed"))
    since = change.previous.origin or f"the run finished {change.previous.finished_at}"
    return section(f"Since {since}", aligned((Column(wraps=True), Column(wraps=True)), rows))


def _describe_moves(moves: RiskMoves) -> str:
    newly = f"{counted(moves.newly_likely, 'account')} newly likely within {counted(moves.days, 'day')}"
    return f"{newly}, {moves.no_longer_likely:,} no longer"
