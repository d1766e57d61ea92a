"""Mirror of a run in an object store: the run works in a local folder, and its files are uploaded as it goes.

Objects have the names of the files. A shard counts as committed once its receipt exists, which is uploaded after the
files it names; the manifest is uploaded after all other files, ``_SUCCESS`` last. Objects are removed in reverse order.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from forecast_cli.core.errors import OutputBusyError, OutputNotWrittenError
from forecast_cli.store.check import success_content
from forecast_cli.store.claim import Claim, claimed
from forecast_cli.store.contents import StoreContents
from forecast_cli.store.layout import (
    CLAIM,
    FAILURES,
    FORECASTS,
    MANIFEST,
    METRICS,
    PLAN,
    REPORTS,
    RISK,
    RUNNING,
    SHARDS,
    SUCCESS,
    is_own,
    receipt_path,
)
from forecast_cli.store.manifest import Manifest
from forecast_cli.store.receipts import ShardReceipt, read_receipt
from forecast_cli.store.remote import Objects
from forecast_cli.store.run_folder import RunFolder, open_run
from forecast_cli.store.state import OutputState, validate_output

#: Objects uploaded or fetched at the same time.
AT_ONCE: Final = 4
#: Files that the summary of a finished run is made from.
_SUMMARY: Final = (MANIFEST, FAILURES, RISK, METRICS, REPORTS[0])


class Uploads:
    """Uploads that run in threads while the run goes on."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._pending: list[Future[None]] = []

    def add(self, upload: Callable[[], None]) -> None:
        """Start an upload; raises the error of an earlier one that failed."""
        done = [one for one in self._pending if one.done()]
        self._pending = [one for one in self._pending if one not in done]
        for one in done:
            one.result()
        self._pending.append(self._pool.submit(upload))

    def wait(self) -> None:
        """Return when all uploads are done; raises the error of one that failed."""
        for one in self._pending:
            one.result()
        self._pending = []


@dataclass(frozen=True)
class MirroredRun(RunFolder):
    """Folder of a run, with copies of its files in an object store.

    ``found`` are the names of the objects below the address, as listed after the run had claimed the output.
    """

    objects: Objects
    claim: Claim
    uploads: Uploads
    found: Collection[str]

    def resume(self) -> dict[int, ShardReceipt]:
        """Return the receipts of the complete shards, by index; remove all others of runs, then upload the plan.

        The plan of a run that is replaced is overwritten last, so that none of its objects is mistaken for one of this
        run. Raises OutputBusyError if another run has taken over the claim.
        """
        kept = super().resume()
        files = {file.path for receipt in kept.values() for file in receipt.files}
        known = {CLAIM, PLAN, *files, *map(receipt_path, kept)}
        self.claim.confirm()
        written = {name for name in self.found if is_own(name.partition("/")[0])}
        _remove(self.objects, written - known)
        self.objects.put_file(PLAN, self.output / PLAN)
        return kept

    def commit(self, receipt: ShardReceipt) -> None:
        """Move the files of a shard into place, write its receipt, and start to upload both.

        Raises OutputBusyError if another run has taken over the claim, and the error of an upload that failed.
        """
        self.claim.refuse_if_lost()
        super().commit(receipt)
        self.uploads.add(partial(self._put_shard, receipt))

    def finish(self, manifest: Manifest) -> None:
        """Upload the tables, then the manifest if there is none yet, and ``_SUCCESS`` last.

        Raises OutputNotWrittenError if the store lacks a file that the manifest names, and OutputBusyError if another
        run has taken over the claim or written a manifest.
        """
        for entry in manifest.files:
            if not entry.path.startswith(f"{FORECASTS}/"):
                self.uploads.add(partial(self._put, entry.path))
        self.uploads.wait()
        there = self._list_whole(manifest)
        super().finish(manifest)
        self.claim.renew()
        content = (self.output / MANIFEST).read_bytes()
        if self.objects.create(MANIFEST, content) is None:
            found = self.objects.read(MANIFEST)  # one whose answer was lost is there
            if found is None or found[0] != content:
                raise OutputBusyError(
                    f"{self.objects}: another run has finished here meanwhile",
                    f"check what it wrote: forecast-cli check {self.objects}",
                )
        _tidy(self.objects, self.output, there)

    def _put_shard(self, receipt: ShardReceipt) -> None:
        for name in (*(file.path for file in receipt.files), receipt_path(receipt.index)):
            self._put(name)

    def _put(self, name: str) -> None:
        self.claim.confirm()
        self.objects.put_file(name, self.committed(name))

    def _list_whole(self, manifest: Manifest) -> Collection[str]:
        """Return the names in the store, and remove part files that the manifest does not name.

        Raises OutputNotWrittenError if an object that it names is missing or has another size.
        """
        there, named = self.objects.sizes(), {entry.path: entry.bytes for entry in manifest.files}
        wrong = sorted(name for name, size in named.items() if there.get(name) != size)
        if wrong:
            raise OutputNotWrittenError(
                f"{self.objects}/{wrong[0]}: is missing, or is not what this run wrote ({len(wrong)} in all)",
                "make sure that nothing else writes there, then run the same command again",
            )
        self.objects.remove([name for name in there if name.startswith(f"{FORECASTS}/") and name not in named])
        return there


@contextmanager
def open_mirrored_run(
    objects: Objects,
    folder: Path,
    identity: dict[str, Any],
    *,
    force: bool,
    warn: Callable[[str], None],
) -> Iterator[tuple[RunFolder, OutputState]]:
    """Claim an output for a run and yield the run, which works in ``folder``, with the state of the output.

    ``folder`` has to be empty: the shards that the store holds of the same run are fetched to it. A finished run is
    yielded without a claim, with the files that its summary needs.

    Raises OutputBusyError if another run has claimed the output, OutputConflictError if the store holds another run,
    without ``force``, or files that no run wrote, and OutputNotWrittenError if the store fails.
    """
    contents = StoreContents(objects)
    state, _ = validate_output(contents, identity, force=force)
    if state is OutputState.FINISHED and not force and SUCCESS in contents.sizes and not contents.has(RUNNING):
        yield _finished(objects, folder, contents), state
        return
    with claimed(objects, warn=warn) as claim:
        contents = StoreContents(objects)
        state, _ = validate_output(contents, identity, force=force)
        if state is OutputState.FINISHED and not force:
            run = _finished(objects, folder, contents)
            _tidy(objects, folder, contents.sizes)
            yield run, state
            return
        if state is OutputState.RESUMABLE and not force:
            _fetch_shards(objects, folder, contents)
        elif state is not OutputState.DAMAGED:
            state = OutputState.NEW
        with open_run(folder, identity, force=False), _uploading() as uploads:
            yield MirroredRun(folder, objects, claim, uploads, contents.sizes), state


def fetch_all(objects: Objects, names: Iterable[str], folder: Path) -> None:
    """Write objects to files of the same names in ``folder``, several at a time.

    Raises OutputNotWrittenError if one cannot be read.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(objects.fetch, name, folder / name) for name in names]:
            done.result()


@contextmanager
def _uploading() -> Iterator[Uploads]:
    """Yield the uploads of a run.

    If the run ends with an error, the uploads of committed shards are finished first, unless the store failed, another
    run took over, or the user interrupted the run.
    """
    pool = ThreadPoolExecutor(AT_ONCE)
    uploads = Uploads(pool)
    try:
        yield uploads
    except (OutputNotWrittenError, OutputBusyError):
        raise
    except Exception:
        with suppress(OutputNotWrittenError, OutputBusyError):
            uploads.wait()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _finished(objects: Objects, folder: Path, contents: StoreContents) -> RunFolder:
    fetch_all(objects, [name for name in _SUMMARY if name in contents.sizes], folder)
    return RunFolder(folder)


def _fetch_shards(objects: Objects, folder: Path, contents: StoreContents) -> None:
    """Fetch the plan, the receipts, and those of the files they name that have the right size."""
    receipts = [name for name in contents.sizes if _is_receipt(name)]
    fetch_all(objects, [PLAN, *receipts], folder)
    found = [receipt for name in receipts if (receipt := read_receipt(folder / name))]
    files = [file for receipt in found for file in receipt.files]
    fetch_all(objects, [file.path for file in files if contents.size(file.path) == file.bytes], folder)


def _tidy(objects: Objects, folder: Path, there: Collection[str]) -> None:
    """Remove the state of a run that has a manifest, and mark it as finished."""
    _remove(objects, [name for name in there if name.startswith(f"{RUNNING}/") and name != CLAIM])
    if SUCCESS not in there:
        objects.put(SUCCESS, success_content(folder))


def _remove(objects: Objects, names: Iterable[str]) -> None:
    """Remove objects in an order in which the remaining ones never name an object that is gone.

    ``_SUCCESS`` goes before the manifest, the manifest before what it names, receipts before the files of their shards.
    """
    for _, equals in groupby(sorted(names, key=_rank), key=_rank):
        objects.remove(list(equals))


def _rank(name: str) -> int:
    return {SUCCESS: 0, MANIFEST: 1}.get(name, 2 if _is_receipt(name) else 3)


def _is_receipt(name: str) -> bool:
    return name.startswith(f"{SHARDS}/") and name.endswith(".json")
