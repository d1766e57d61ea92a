"""Results of the ``runs`` commands: the result on stdout, and one line for a log."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NoReturn

from rich.console import Group, RenderableType

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import columns
from forecast_cli.cli.views.result import write_result
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Output
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import duration, money, setting_text, size
from forecast_cli.reports.terminal.layout import Column, aligned, fitting, line, ruled, section, sections
from forecast_cli.store.manifest import Manifest
from forecast_cli.workflows.runs import Pruning, RunEntry, RunState
from forecast_cli.workflows.runs_diff import Moved, RunDiff

_WRAPPED = (Column(), Column(wraps=True))
_RUN_COLUMNS: Final = {
    "run": Column("run", wraps=True),
    "command": Column("command"),
    "state": Column("state"),
    "finished": Column("finished"),
    "accounts": Column("accounts", "right"),
    "failed": Column("failed", "right"),
}
#: Columns to leave out if the terminal is too narrow, in this order.
_SPARED: Final = ("finished", "accounts")


def end_list(log: Log, folder: Path, runs: Sequence[RunEntry], format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show the runs of a folder and exit."""
    values = {"runs": [_run_values(run.output, run.state, run.manifest) for run in runs]}
    write_result(format, values, lambda: render_runs(runs, width=columns()))
    log.leave(ExitCode.OK, f"{folder}: {counted(len(runs), 'run')}")


def end_show(log: Log, output: Output, manifest: Manifest, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show one finished run and exit."""
    values = _run_values(output, RunState.FINISHED, manifest) | {"manifest": manifest.model_dump(mode="json")}
    write_result(format, values, lambda: render_run(output, manifest))
    log.leave(ExitCode.OK, f"{output}: {RunState.FINISHED}")


def end_diff(log: Log, diff: RunDiff, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show the differences between two runs and exit."""
    write_result(format, asdict(diff) | {"same": diff.same}, lambda: render_diff(diff))
    verdict = "the same forecasts" if diff.same else "the forecasts differ"
    log.leave(ExitCode.OK, f"{diff.old} and {diff.new}: {verdict}")


def end_prune(log: Log, pruning: Pruning, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show which runs were or would be removed and exit."""
    values = {
        "removed": pruning.removed,
        "remove": [str(run.output) for run in pruning.remove],
        "keep": [str(run.output) for run in pruning.keep],
    }
    write_result(format, values, lambda: render_pruning(pruning))
    done = "removed" if pruning.removed else "would be removed"
    log.leave(ExitCode.OK, f"{pruning.folder}: {counted(len(pruning.remove), 'run')} {done}")


def render_runs(runs: Sequence[RunEntry], *, width: int) -> Group:
    """Return one line for each run, for a terminal of ``width`` columns."""
    rows = [dict(zip(_RUN_COLUMNS, _row(run), strict=True)) for run in runs]
    shown = fitting(_RUN_COLUMNS, rows, spared=_SPARED, width=width)
    return sections(ruled([_RUN_COLUMNS[name] for name in shown], [[row[name] for name in shown] for row in rows]))


def render_run(output: Output, manifest: Manifest) -> Group:
    """Return what a run read and wrote, with its settings and versions."""
    return sections(
        section(f"{manifest.command} in {printable(output)}", aligned(_WRAPPED, _facts(manifest))),
        section(
            "Settings", aligned(_WRAPPED, [(name, setting_text(value)) for name, value in manifest.settings.items()])
        ),
        section("Versions", aligned(_WRAPPED, list(manifest.versions.items()))),
    )


def render_diff(diff: RunDiff) -> Group:
    """Return the differences between two runs."""
    verdict = "The forecasts are the same" if diff.same else "The forecasts differ"
    made = [(printable(difference),) for difference in diff.made_from] or [("the same input, settings and versions",)]
    counts = [(name, f"{old:,}", f"{new:,}") for name, old, new in diff.counts]
    statuses = [(f"{old} -> {new}", f"{accounts:,}") for old, new, accounts in diff.statuses]
    right = Column(align="right")
    return sections(
        line(f"{verdict}: {printable(diff.old)} (old), {printable(diff.new)} (new)"),
        section("Made from", aligned((Column(wraps=True),), made)),
        section("Counts", ruled((Column(""), Column("old", "right"), Column("new", "right")), counts)),
        section("Accounts by status, old and new", aligned((Column(), right), statuses)) if statuses else None,
        section("Numbers", aligned(_WRAPPED, _moves(diff.numbers))),
    )


def render_pruning(pruning: Pruning) -> Group:
    """Return which runs are removed and which are kept."""
    done = "Removed" if pruning.removed else "Would be removed (with --yes)"
    return sections(section(done, _dated(pruning.remove)), section("Kept", _dated(pruning.keep)))


def _run_values(output: Output, state: RunState, manifest: Manifest | None) -> dict[str, Any]:
    values: dict[str, Any] = {"output": str(output), "state": state}
    if manifest is None:
        return values
    return values | {
        "command": manifest.command,
        "finished_at": manifest.finished_at,
        "origin": manifest.input.origin,
        "accounts": dict(manifest.accounts),
        "forecast_rows": manifest.forecast_rows,
        "fingerprint": manifest.fingerprint,
    }


def _dated(runs: Sequence[RunEntry]) -> RenderableType:
    if not runs:
        return aligned((Column(),), [("none",)])
    columns = (Column("run", wraps=True), Column("origin"), Column("finished"))
    return ruled(columns, [(printable(run.output), run.origin or "-", run.finished_at or run.state) for run in runs])


def _row(run: RunEntry) -> tuple[str, ...]:
    manifest = run.manifest
    if manifest is None:
        return printable(run.output), "", run.state, "", "", ""
    accounts, failed = manifest.input.accounts, manifest.accounts.get("failed", 0)
    return printable(run.output), manifest.command, run.state, manifest.finished_at, f"{accounts:,}", f"{failed:,}"


def _facts(manifest: Manifest) -> list[tuple[str, str]]:
    read = manifest.input
    accounts = ", ".join(f"{count:,} {status}" for status, count in manifest.accounts.items())
    written = f"{counted(len(manifest.files), 'file')}, {size(sum(file.bytes for file in manifest.files))}"
    return [
        ("finished", f"{manifest.finished_at}, after {duration(manifest.seconds)}"),
        ("input", f"{printable(read.root)}: {counted(len(read.files), 'file')}, {read.rows:,} rows"),
        ("origin", read.origin or "each account's own last day"),
        ("accounts", accounts),
        ("written", f"{written}, {counted(manifest.forecast_rows, 'forecast row')}"),
        ("fingerprint", manifest.fingerprint),
    ]


def _moves(moved: Moved) -> list[tuple[str, str]]:
    rows = [
        ("in both", f"{counted(moved.both, 'forecast row')}, {moved.changed:,} of them with other numbers"),
        ("in one only", f"{moved.old_only:,} old, {moved.new_only:,} new"),
    ]
    for one in moved.distances:
        amounts = "" if one.currency is None else f" ({printable(one.currency)})"
        rows.append((f"mean moved by{amounts}", f"{money(one.average)} on average, {money(one.largest)} at most"))
        most = ", ".join(f"{printable(account)} ({money(apart)})" for account, apart in one.accounts)
        rows += [("moved most", most)] if most else []
    return rows
