"""Folder of one run: opened under its lock, filled shard by shard, completed by its manifest.

Until a run is finished, all of it is in ``.run``: the plan (what the run is made from), the files of committed shards,
and a receipt for each. A shard counts as committed once its receipt exists, which is written after the files it names.
"""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from forecast_cli.core.redact import redact
from forecast_cli.store.atomic import (
    make_folder,
    move_into_place,
    raise_write_errors,
    remove_file,
    remove_folder,
    sha256_of,
    write_whole,
)
from forecast_cli.store.check import success_content
from forecast_cli.store.contents import FolderContents
from forecast_cli.store.fingerprint import fingerprint
from forecast_cli.store.layout import (
    FORECASTS,
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
    UNFINISHED,
    receipt_path,
    unfinished_path,
)
from forecast_cli.store.lock import HeldLock, output_lock, refuse_if_held
from forecast_cli.store.manifest import Manifest, manifest_content
from forecast_cli.store.receipts import ShardReceipt, read_receipt, write_receipt
from forecast_cli.store.state import OutputState, validate_output


@dataclass(frozen=True)
class RunFolder:
    """Output folder that this process has locked by ``lock``, if it writes there."""

    output: Path
    lock: HeldLock | None = field(default=None, kw_only=True)

    @property
    def staging(self) -> Path:
        """Return the folder that workers write to: that of no other run, also if the output is removed meanwhile."""
        folder = self.output / STAGING
        return folder / str(self.lock.number) if self.lock else folder

    @property
    def spill(self) -> Path:
        """Return the folder for rows that are sorted by account first."""
        return self.output / SPILL

    def resume(self) -> dict[int, ShardReceipt]:
        """Return the receipts of committed shards whose files are unchanged, by index; remove all other part files."""
        found = (read_receipt(path) for path in sorted((self.output / SHARDS).glob("*.json")))
        kept = {receipt.index: receipt for receipt in found if receipt and self._is_intact(receipt)}
        named = {self.committed(file.path) for receipt in kept.values() for file in receipt.files}
        with raise_write_errors(self.output / UNFINISHED):
            found_parts = set((self.output / UNFINISHED).iterdir())
        for path in found_parts - named:
            remove_file(path)
        return kept

    def commit(self, receipt: ShardReceipt) -> None:
        """Move a shard's files out of the folder of workers, then write its receipt."""
        self.refuse_if_replaced()
        for file in receipt.files:
            move_into_place(self.staging / file.staged, self.committed(file.path))
        write_receipt(receipt, self.output / receipt_path(receipt.index))

    def finish(self, manifest: Manifest) -> None:
        """Show all forecasts at once, write the manifest and ``_SUCCESS``, then remove the state of the run."""
        self.refuse_if_replaced()
        move_into_place(self.output / UNFINISHED, self.output / FORECASTS)
        write_whole(self.output / MANIFEST, manifest_content(manifest))
        _tidy(self.output)

    def refuse_if_replaced(self) -> None:
        """Raise OutputNotWrittenError if the output was removed or replaced: another run may be at work there now."""
        if self.lock:
            self.lock.validate()

    def committed(self, path: str) -> Path:
        """Return where a committed file of a shard is until the run is finished; ``path`` is that in a finished run."""
        return self.output / unfinished_path(path)

    def _is_intact(self, receipt: ShardReceipt) -> bool:
        try:
            return all(sha256_of(self.committed(file.path)) == file.sha256 for file in receipt.files)
        except OSError:
            return False


@contextlib.contextmanager
def open_run(output: Path, identity: dict[str, Any], *, force: bool) -> Iterator[tuple[RunFolder, OutputState]]:
    """Lock ``output`` for a run of ``identity``, and yield its folder and the state it was in.

    With ``force``, a run that is already there is removed first. A finished run that stays is not locked, because
    nothing is written: its folder may be read-only. Raises OutputBusyError, OutputNotWrittenError, or
    OutputConflictError if the folder holds anything else.
    """
    state, _ = validate_output(FolderContents(output), identity, force=force)
    if state is OutputState.FINISHED and not force and _is_tidy(output):
        refuse_if_held(output)
        yield RunFolder(output), state
        return
    make_folder(output)
    with output_lock(output) as lock:
        state, _ = validate_output(FolderContents(output), identity, force=force)
        if state in (OutputState.OTHER, OutputState.NEW) or force:
            _clear(output)  # a new output too: without a plan, nobody knows which run left shards there
            state = OutputState.DAMAGED if state is OutputState.DAMAGED else OutputState.NEW
        run = RunFolder(output, lock=lock)
        if state is OutputState.FINISHED:
            _tidy(output)
        else:
            _prepare(output, identity)
            make_folder(run.staging)
        yield run, state


def _is_tidy(output: Path) -> bool:
    return (output / SUCCESS).exists() and not (output / RUNNING).exists()


def _tidy(output: Path) -> None:
    """Write ``_SUCCESS`` if it is missing and remove the state of a run whose manifest is written."""
    if not (output / SUCCESS).exists():
        write_whole(output / SUCCESS, success_content(output))
    _remove_staging(output)
    remove_folder(output / RUNNING)


def _clear(output: Path) -> None:
    """Remove a run, or what is left of one: first what marks it as finished."""
    invalidate_run(output)
    _remove_staging(output)
    for name in (FORECASTS, RUNNING):
        remove_folder(output / name)


def invalidate_run(output: Path) -> None:
    """Make a finished run an unfinished one: remove ``_SUCCESS`` and manifest, then the tables written at its end."""
    for name in (SUCCESS, MANIFEST, METRICS, *TABLES, *REPORTS):
        remove_file(output / name)


def _prepare(output: Path, identity: dict[str, Any]) -> None:
    """Write the plan before anything else, so that what is in the folder can always be attributed to a run."""
    plan = json.dumps({"fingerprint": fingerprint(identity), "identity": identity})
    make_folder(output / RUNNING)
    write_whole(output / PLAN, redact(plan).encode())
    invalidate_run(output)
    _remove_staging(output)
    for name in (UNFINISHED, SHARDS, STAGING):
        make_folder(output / name)
    _take_back(output)


def _take_back(output: Path) -> None:
    """Hide the forecasts of a run that ended after they were shown and before its manifest was written."""
    shown = output / FORECASTS
    with raise_write_errors(shown):
        found = sorted(shown.iterdir()) if shown.is_dir() else []
    for path in found:
        move_into_place(path, output / UNFINISHED / path.name)
    remove_folder(shown)


def _remove_staging(output: Path) -> None:
    """Remove the folder that workers write to; rename it first, so that tasks still being stopped do not find it."""
    staging = output / STAGING
    renamed = staging.with_name(f".{staging.name}.tmp")
    remove_folder(renamed)
    if staging.exists():
        with raise_write_errors(staging):
            staging.rename(renamed)
        remove_folder(renamed)
