"""The folder of one run: opened under its lock, filled shard by shard, finished by its manifest.

While a run goes on, its state lives in ``.run``: the plan (what the run is made from), and a receipt for each shard
that was committed. A shard counts once its receipt is there; the receipt comes after the files it names.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from forecast_cli.core.errors import CheckFailedError, OutputConflictError, OutputNotWrittenError
from forecast_cli.core.redact import redact
from forecast_cli.core.seam import Step, about_to
from forecast_cli.store.atomic import (
    make_folder,
    move_into_place,
    remove_file,
    remove_folder,
    sha256_of,
    write_whole,
)
from forecast_cli.store.check import success_content
from forecast_cli.store.fingerprint import differences, input_identity
from forecast_cli.store.layout import (
    FORECASTS,
    LOCK,
    MANIFEST,
    METRICS,
    PLAN,
    REPORTS,
    RUNNING,
    SHARDS,
    SPILL,
    STAGING,
    SUCCESS,
    TABLES,
    is_own,
)
from forecast_cli.store.lock import holding
from forecast_cli.store.manifest import Manifest, manifest_content
from forecast_cli.store.read import read_manifest


class OutputState(StrEnum):
    """What an output folder holds before a run."""

    NEW = "new"
    RESUMABLE = "resumable"  # this very run, cut off
    FINISHED = "finished"  # this very run, done
    DAMAGED = "damaged"  # this very run, done, and something of it is gone since
    OTHER = "other"  # another input's, config's or version's run
    FOREIGN = "foreign"  # files that no run wrote


NOTHING: Final = (OutputState.NEW, "")


@dataclass(frozen=True)
class StagedFile:
    """A file that a worker wrote to the staging folder: the table it holds, and where it goes in the output."""

    table: str
    staged: str
    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ShardReceipt:
    """What a shard wrote: its part of the forecasts, and its rows of every table of the whole run.

    ``taken_apart``: what each block of accounts raised that was done one account at a time. ``not_finite`` and
    ``crossed``: rows of the forecasts that hold a number that is not finite, and quantiles out of order.
    """

    index: int
    accounts: int
    cpu_seconds: float
    files: tuple[StagedFile, ...]
    taken_apart: tuple[str, ...] = ()
    not_finite: int = 0
    crossed: int = 0

    def file_of(self, table: str) -> StagedFile:
        """Return the file that holds a table."""
        return next(file for file in self.files if file.table == table)


@dataclass(frozen=True)
class RunFolder:
    """An output folder, held by this process."""

    output: Path

    @property
    def staging(self) -> Path:
        """Return the folder workers write to."""
        return self.output / RUNNING / STAGING

    @property
    def spill(self) -> Path:
        """Return the folder for rows that have to be put in order first."""
        return self.output / RUNNING / SPILL

    def take_up(self) -> dict[int, ShardReceipt]:
        """Return the shards that were committed and whose files are still what was written; clear away all else."""
        found = (_read_receipt(path) for path in sorted((self.output / RUNNING / SHARDS).glob("*.json")))
        kept = {receipt.index: receipt for receipt in found if receipt and self._holds(receipt)}
        named = {self.output / file.path for receipt in kept.values() for file in receipt.files}
        for path in set((self.output / FORECASTS).iterdir()) - named:
            remove_file(path)
        return kept

    def commit(self, receipt: ShardReceipt) -> None:
        """Move a shard's files into place, then write its receipt."""
        for file in receipt.files:
            move_into_place(self.staging / file.staged, self.output / file.path)
        content = json.dumps(asdict(receipt)).encode()
        write_whole(self.output / RUNNING / SHARDS / f"{receipt.index:05d}.json", content)

    def path_of(self, receipt: ShardReceipt, table: str) -> Path:
        """Return where a shard's table lies."""
        return self.output / receipt.file_of(table).path

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest and ``_SUCCESS``, then clear away the state of the run."""
        write_whole(self.output / MANIFEST, manifest_content(manifest))
        _tidy(self.output)

    def _holds(self, receipt: ShardReceipt) -> bool:
        try:
            return all(sha256_of(self.output / file.path) == file.sha256 for file in receipt.files)
        except OSError:
            return False


_RECEIPT: Final = TypeAdapter(ShardReceipt)


def look(output: Path, identity: dict[str, Any], fingerprint: str) -> tuple[OutputState, str]:
    """Return what ``output`` holds, and in words what is in the way. Writes nothing."""
    if not output.exists():
        return NOTHING
    if not output.is_dir():
        return OutputState.FOREIGN, "is a file, not a folder"
    foreign = sorted(path.name for path in output.iterdir() if not is_own(path))
    if foreign:
        return OutputState.FOREIGN, f"holds files that no run wrote: {', '.join(foreign[:3])}"
    if (output / MANIFEST).exists():
        return _look_at_finished(output, identity, fingerprint)
    plan = _read_json(output / RUNNING / PLAN)
    if plan is None:
        tables = [name for name in (FORECASTS, *TABLES) if (output / name).exists()]
        return (OutputState.OTHER, f"holds {', '.join(tables)} of a run without a manifest") if tables else NOTHING
    if plan.get("fingerprint") == fingerprint:
        return OutputState.RESUMABLE, ""
    return OutputState.OTHER, _differs("an unfinished run", plan.get("identity", {}), identity)


def is_finished(output: Path, identity: dict[str, Any], fingerprint: str) -> bool:
    """Say whether ``output`` holds a run of ``identity`` that needs nothing more. Writes nothing."""
    return look(output, identity, fingerprint)[0] is OutputState.FINISHED


def look_or_refuse(output: Path, identity: dict[str, Any], fingerprint: str, *, force: bool) -> tuple[OutputState, str]:
    """Return what ``output`` holds for a run of ``identity``, and in words what is wrong with it. Writes nothing.

    Raises OutputConflictError where it holds something else: another run may be replaced with ``force``, files that no
    run wrote never are.
    """
    state, why = look(output, identity, fingerprint)
    if state is OutputState.FOREIGN or (state is OutputState.OTHER and not force):
        hint = "name another --output" + (", or replace that run with --force" if state is OutputState.OTHER else "")
        raise OutputConflictError(f"{output}: {why}", hint)
    return state, why


@contextlib.contextmanager
def open_run(
    output: Path, identity: dict[str, Any], fingerprint: str, *, force: bool
) -> Iterator[tuple[RunFolder, OutputState]]:
    """Hold ``output`` for a run of ``identity`` and say what it held.

    Raises OutputBusyError, OutputNotWrittenError, or OutputConflictError where it holds something else.
    """
    look_or_refuse(output, identity, fingerprint, force=force)
    make_folder(output)
    with holding(output):
        state, _ = look_or_refuse(output, identity, fingerprint, force=force)
        if state is OutputState.OTHER or force:
            _clear(output)
            state = OutputState.DAMAGED if state is OutputState.DAMAGED else OutputState.NEW
        if state is OutputState.FINISHED:
            _tidy(output)
        else:
            _prepare(output, identity, fingerprint)
        yield RunFolder(output), state


def _look_at_finished(output: Path, identity: dict[str, Any], fingerprint: str) -> tuple[OutputState, str]:
    try:
        manifest = read_manifest(output)
    except CheckFailedError as error:
        if not (output / LOCK).exists():
            return OutputState.FOREIGN, "holds a manifest.json that no run wrote"
        return OutputState.OTHER, f"holds a run that is damaged: {error}"
    if manifest.fingerprint == fingerprint:
        gone = [entry.path for entry in manifest.files if not _has_size(output / entry.path, entry.bytes)]
        if gone:
            return OutputState.DAMAGED, f"was finished, but is damaged since: {', '.join(gone[:3])}"
        return OutputState.FINISHED, ""
    return OutputState.OTHER, _differs("a finished run", identity_of(manifest), identity)


def identity_of(manifest: Manifest) -> dict[str, Any]:
    """Return what a finished run was made from, in the form of ``fingerprint.identity``."""
    files = ((file.path, file.bytes, file.sha256) for file in manifest.input.files)
    return {
        "command": manifest.command,
        "settings": manifest.settings,
        "versions": manifest.versions,
        "input": input_identity(manifest.input.root, files),
    }


def _differs(what: str, old: dict[str, Any], new: dict[str, Any]) -> str:
    return f"holds {what} that differs in: {'; '.join(differences(old, new)) or 'its plan'}"


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def _tidy(output: Path) -> None:
    """Mark a run whose manifest stands as finished, and take its state away."""
    if not (output / SUCCESS).exists():
        write_whole(output / SUCCESS, success_content(output))
    remove_folder(output / RUNNING)


def _clear(output: Path) -> None:
    """Take a run away: its claim to be finished first, and last what tells that there was one."""
    withdraw(output)
    for name in (FORECASTS, RUNNING):
        remove_folder(output / name)


def withdraw(output: Path) -> None:
    """Take away a run's claim to be finished, and then the tables that are made at its end."""
    for name in (SUCCESS, MANIFEST, METRICS, *TABLES, *REPORTS):
        remove_file(output / name)


def _prepare(output: Path, identity: dict[str, Any], fingerprint: str) -> None:
    """Say what the run is made from, before anything that would look like a run of nobody knows what."""
    plan = json.dumps({"fingerprint": fingerprint, "identity": identity})
    make_folder(output / RUNNING)
    write_whole(output / RUNNING / PLAN, redact(plan).encode())
    withdraw(output)
    staging = output / RUNNING / STAGING
    remove_folder(staging)
    for folder in (output / FORECASTS, output / RUNNING / SHARDS, staging):
        make_folder(folder)


def _read_receipt(path: Path) -> ShardReceipt | None:
    """Return a receipt, or None where it cannot be read: its shard is done again."""
    try:
        about_to(Step.READ, path)
        return _RECEIPT.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _read_json(path: Path) -> dict[str, Any] | None:
    try:
        about_to(Step.READ, path)
        content = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    except OSError as error:
        raise OutputNotWrittenError(f"{path}: cannot be read: {error.strerror}", "mend its permissions") from error
    return content if isinstance(content, dict) else None
