"""The summary of a forecast run: where the tables are, what is in them, and how every account fared."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding

from forecast_cli.cli.views.accounts import render_accounts, render_groups
from forecast_cli.core.columns import level_label
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import duration, size
from forecast_cli.reports.terminal.findings import render_worth_knowing
from forecast_cli.reports.terminal.layout import Column, aligned, command_line, heading, line, section, sections
from forecast_cli.workflows.results import ForecastRun, InputSummary, WrittenFile

_HOLDS: Final[Mapping[str, str]] = {
    "forecasts/": "mean, median, intervals by day",
    "accounts.parquet": "status and reason of every account",
    "failures.parquet": "models that did not go as asked",
    "manifest.json": "input, settings, checksums",
}


def render_run(run: ForecastRun) -> Group:
    """Return the summary of a finished run, short and readable at 80 columns."""
    return sections(
        heading(_title(run)),
        render_accounts(run.accounts),
        section("Not as asked", render_groups(run.failures)) if run.failures else None,
        _input(run),
        section(f"Tables in {printable(run.output)}", _files(run.files)),
        section("Next", *(command_line(command) for command in next_commands(run.output))),
    )


def describe_input(summary: InputSummary) -> str:
    """Return what was read, in one line."""
    verified = "not verified" if summary.verified == "none" else f"verified by {summary.verified}"
    files = f"{counted(summary.files, 'file')} ({size(summary.bytes)}, {verified})"
    return f"{counted(summary.rows, 'row')} in {files} at {printable(summary.root)}"


def describe_end(run: ForecastRun) -> str:
    """Return in one line how a run ended; for exit code 3, why."""
    failed = run.accounts[Status.FAILED]
    if run.exit_code is ExitCode.ACCOUNTS_FAILED:
        return (
            f"{counted(failed, 'account')} failed, more than --max-failed {run.max_failed} allows; the rest is written"
        )
    return f"{counted(run.input.accounts, 'account')}, {counted(run.forecast_rows, 'forecast row')} written"


def next_commands(output: Path) -> tuple[str, str]:
    """Return the commands that check and read an output."""
    code = f"import polars as pl; print(pl.read_parquet({f'{output}/forecasts/*.parquet'!r}))"
    return f"forecast-cli check {printable(shlex.quote(str(output)))}", f'python -c "{printable(code)}"'


def _title(run: ForecastRun) -> str:
    start = f" from {run.input.origin}" if run.input.origin else " from each account's own last day"
    levels = ", ".join(f"{level_label(level)} %" for level in run.levels)
    what = f"{run.horizon} days ahead{start}, by {', '.join(map(printable, run.models))}, intervals of {levels}"
    if run.reused:
        return f"Nothing left to do: this very run was finished before. It went {what}"
    resumed = f", {run.shards_resumed} of {counted(run.shards, 'shard')} from before" if run.shards_resumed else ""
    return f"Done in {duration(run.seconds)}{resumed}: {what}"


def _input(run: ForecastRun) -> RenderableType:
    read = Padding(line(describe_input(run.input)), (0, 0, 0, 2))
    known = render_worth_knowing(run.findings)
    return section("Input", read, *([known] if known else []))


def _files(files: tuple[WrittenFile, ...]) -> Padding:
    rows = [(file.path, _rows(file), size(file.bytes), _HOLDS.get(file.path, "")) for file in files]
    return aligned((Column(), Column(align="right"), Column(align="right"), Column(wraps=True)), rows)


def _rows(file: WrittenFile) -> str:
    return counted(file.rows, "row") if not file.path.endswith(".json") else ""
