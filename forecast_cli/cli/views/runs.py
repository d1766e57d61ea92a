"""Results of the ``runs`` commands: the result on stdout, and one line for a log."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NoReturn

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import columns
from forecast_cli.cli.views.result import write_result
from forecast_cli.cli.views.runs_text import render_diff, render_pruning, render_run, render_runs
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Output
from forecast_cli.store.manifest import Manifest
from forecast_cli.workflows.runs import Pruning, RunEntry, RunState
from forecast_cli.workflows.runs_diff import RunDiff


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
