"""Results of the ``runs`` commands: the result on stdout, and one line for a log."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import columns, show, write_out
from forecast_cli.cli.views.runs_text import render_diff, render_pruning, render_run, render_runs
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.text import counted
from forecast_cli.reports.jsonlines import document
from forecast_cli.workflows.runs import FinishedRun, Pruning, RunEntry
from forecast_cli.workflows.runs_diff import RunDiff

if TYPE_CHECKING:
    from rich.console import RenderableType


def end_list(log: Log, folder: Path, runs: Sequence[RunEntry], format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show the runs of a folder and exit."""
    values = {"runs": [_run_values(run) for run in runs]}
    _end(log, render_runs(runs, width=columns()), values, format, message=f"{folder}: {counted(len(runs), 'run')}")


def end_show(log: Log, run: FinishedRun, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show one run and exit."""
    values = _run_values(run) | {"manifest": run.manifest.model_dump(mode="json")}
    _end(log, render_run(run), values, format, message=f"{run.output}: {run.state}")


def end_diff(log: Log, diff: RunDiff, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show the differences between two runs and exit."""
    message = f"{diff.old} and {diff.new}: " + ("the same forecasts" if diff.same else "the forecasts differ")
    _end(log, render_diff(diff), asdict(diff) | {"same": diff.same}, format, message=message)


def end_prune(log: Log, pruning: Pruning, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show which runs were or would be removed and exit."""
    values = {
        "removed": pruning.removed,
        "remove": [str(run.output) for run in pruning.remove],
        "keep": [str(run.output) for run in pruning.keep],
    }
    done = "removed" if pruning.removed else "would be removed"
    message = f"{pruning.folder}: {counted(len(pruning.remove), 'run')} {done}"
    _end(log, render_pruning(pruning), values, format, message=message)


def _run_values(run: RunEntry) -> dict[str, Any]:
    manifest = run.manifest
    if manifest is None:
        return {"output": str(run.output), "state": run.state}
    return {
        "output": str(run.output),
        "state": run.state,
        "command": manifest.command,
        "finished_at": manifest.finished_at,
        "origin": manifest.input.origin,
        "accounts": dict(manifest.accounts),
        "forecast_rows": manifest.forecast_rows,
        "fingerprint": manifest.fingerprint,
    }


def _end(
    log: Log,
    renderable: "RenderableType",
    values: Mapping[str, Any],
    format: OutputFormat,  # noqa: A002
    *,
    message: str,
) -> NoReturn:
    if format is OutputFormat.JSON:
        write_out(document(values))
    else:
        show(renderable)
    log.leave(ExitCode.OK, message)
