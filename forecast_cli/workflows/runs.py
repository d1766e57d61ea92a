"""Runs in a folder: list them, find one, and remove old ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from operator import itemgetter
from pathlib import Path

from forecast_cli.core.errors import (
    CheckFailedError,
    ForecastCliError,
    OutputBusyError,
    OutputNotWrittenError,
    UsageError,
)
from forecast_cli.data.files.addresses import Address, Output
from forecast_cli.store.atomic import remove_folder
from forecast_cli.store.contents import list_names
from forecast_cli.store.find import has_closed_folder, is_run, raise_folder_errors, runs_at
from forecast_cli.store.layout import MANIFEST, is_litter, is_own
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.manifest import FIND_RUN, Manifest, read_manifest
from forecast_cli.store.run_folder import invalidate_run
from forecast_cli.workflows.places import open_finished_run


class RunState(StrEnum):
    """State of a run's folder."""

    FINISHED = "finished"
    CUT_OFF = "cut off"  # the same command resumes it
    RUNNING = "running"  # another process is writing it now
    DAMAGED = "damaged"  # its manifest cannot be read


@dataclass(frozen=True)
class RunEntry:
    """One run: its folder, its state, and its manifest if it is finished."""

    output: Path
    state: RunState
    manifest: Manifest | None = None

    @property
    def finished_at(self) -> str:
        """Return the time the run ended, in ISO 8601; empty if it has not finished."""
        return self.manifest.finished_at if self.manifest else ""

    @property
    def origin(self) -> str:
        """Return the day that the run forecast from, in ISO 8601; empty if it has none or has not finished."""
        return (self.manifest.input.origin if self.manifest else None) or ""


@dataclass(frozen=True)
class Pruning:
    """Runs of a folder to remove and to keep; ``removed`` says whether they were removed."""

    folder: Path
    remove: tuple[RunEntry, ...]
    keep: tuple[RunEntry, ...]
    removed: bool


def list_runs(folder: Path) -> tuple[RunEntry, ...]:
    """Return the run in ``folder``, or all runs in the folders directly below it, newest finished one first.

    Links in ``folder`` are left out, and so are folders that may not be entered. Raises CheckFailedError if there is
    none, or ``folder`` cannot be read.
    """
    with raise_folder_errors(folder):
        if not folder.is_dir():
            raise CheckFailedError(f"{folder}: no such folder", FIND_RUN)
        outputs = runs_at(folder)
        if not outputs:
            which = " that you may read" if has_closed_folder(folder) else ""
            raise CheckFailedError(f"{folder}: holds no run{which}", FIND_RUN)
    return tuple(sorted((_look(output) for output in outputs), key=lambda run: run.finished_at, reverse=True))


def find_run(output: Output) -> tuple[Output, Manifest]:
    """Return the place and the manifest of the only run in ``output``, a folder or an address; it must be finished.

    Raises CheckFailedError if there is no run or it is not finished, OutputBusyError if it is being written, UsageError
    if there are several, and ConfigError or OutputNotWrittenError if an address cannot be opened or read.
    """
    with open_finished_run(output, reads=()) as folder:
        found, manifest = run_in(folder)
        return (output if isinstance(output, Address) else found), manifest


def run_in(folder: Path) -> tuple[Path, Manifest]:
    """Return the folder and the manifest of the only run in ``folder``; raises what ``find_run`` raises."""
    runs = list_runs(folder)
    if len(runs) > 1:
        raise UsageError(f"{folder}: holds {len(runs)} runs", f"name one of them, such as {runs[0].output}")
    return runs[0].output, read_manifest(runs[0].output)


def prune_runs(folder: Path, *, keep: int, yes: bool) -> Pruning:
    """Choose the finished runs of ``folder`` beyond the ``keep`` newest, and remove them if ``yes``.

    The newest run is the one of the latest day (``Manifest.recency``), of several the one that finished last: a
    backfill of earlier days removes no later night. A run is kept if its folder holds anything that no run wrote.

    Raises CheckFailedError if there is no run, and UsageError if ``folder`` is itself a run. Raises
    OutputNotWrittenError if a run cannot be removed and OutputBusyError if one is written to meanwhile, after all
    others were removed.
    """
    runs = list_runs(folder)
    if is_run(folder):
        raise UsageError(f"{folder}: is a run, expected a folder of runs to prune", "name the folder that it is in")
    finished = [(run.manifest.recency, run) for run in runs if run.manifest]
    old = sorted(finished, key=itemgetter(0), reverse=True)[keep:]
    remove = tuple(run for _, run in old if _holds_only_own(run.output))
    if yes:
        _remove(remove)
    return Pruning(folder, remove, tuple(run for run in runs if run not in remove), removed=yes)


def _holds_only_own(output: Path) -> bool:
    with raise_folder_errors(output):
        return all(is_own(name) or is_litter(Path(name)) for name in list_names(output))


def _remove(runs: Sequence[RunEntry]) -> None:
    """Remove runs; the first error is raised once all others were tried."""
    errors: list[ForecastCliError] = []
    for run in runs:
        try:
            refuse_if_held(run.output)
            invalidate_run(run.output)
            remove_folder(run.output)
        except (OutputBusyError, OutputNotWrittenError) as error:
            errors.append(error)
    if errors:
        raise errors[0]


def _look(output: Path) -> RunEntry:
    try:
        refuse_if_held(output)
        if not (output / MANIFEST).is_file():
            return RunEntry(output, RunState.CUT_OFF)
        return RunEntry(output, RunState.FINISHED, read_manifest(output))
    except OutputBusyError:
        return RunEntry(output, RunState.RUNNING)
    except CheckFailedError:
        return RunEntry(output, RunState.DAMAGED)
