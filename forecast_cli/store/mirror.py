"""A run whose output is an object store: done in a folder of this machine, and put into the store as it goes.

Objects have the names of the files. A shard counts once its receipt is there, which comes after the files it names;
the manifest comes after everything else it names, and ``_SUCCESS`` last.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from forecast_cli.core.errors import OutputBusyError, OutputNotWrittenError
from forecast_cli.store.check import success_content
from forecast_cli.store.claim import Claim, claimed
from forecast_cli.store.held import HeldByStore
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
    TABLES,
    receipt_path,
)
from forecast_cli.store.manifest import Manifest
from forecast_cli.store.receipts import ShardReceipt, read_receipt
from forecast_cli.store.remote import Objects
from forecast_cli.store.run_folder import RunFolder, open_run
from forecast_cli.store.state import OutputState, validate_output

#: Objects that are put or fetched at a time.
AT_ONCE: Final = 4
#: What the summary of a finished run is read from.
_SUMMARY: Final = (MANIFEST, FAILURES, RISK, METRICS, REPORTS[0])
_PLAN: Final = f"{RUNNING}/{PLAN}"
_RECEIPTS: Final = f"{RUNNING}/{SHARDS}/"


class Uploads:
    """Uploads that go on beside the run."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._pending: list[Future[None]] = []

    def add(self, upload: Callable[[], None]) -> None:
        """Begin an upload; raises what an earlier one has met."""
        done = [one for one in self._pending if one.done()]
        self._pending = [one for one in self._pending if one not in done]
        for one in done:
            one.result()
        self._pending.append(self._pool.submit(upload))

    def wait(self) -> None:
        """Return once all are done; raises what one of them met."""
        for one in self._pending:
            one.result()
        self._pending = []


@dataclass(frozen=True)
class MirroredRun(RunFolder):
    """The folder of a run, each shard of which goes to the store once it is committed."""

    objects: Objects
    claim: Claim
    uploads: Uploads

    def begin(self) -> None:
        """Say what the run is made from, then take away what only a finished run has."""
        there = self.objects.sizes()
        self.objects.put_file(_PLAN, self.output / _PLAN)
        for name in (SUCCESS, MANIFEST):
            self.objects.remove([name] if name in there else [])
        self.objects.remove([name for name in (METRICS, *TABLES, *REPORTS) if name in there])

    def take_up(self) -> dict[int, ShardReceipt]:
        """Return the shards that were committed and whose files are still what was written; clear away all else."""
        kept = super().take_up()
        known = {file.path for receipt in kept.values() for file in receipt.files}
        known |= {receipt_path(index) for index in kept} | {_PLAN, CLAIM}
        strays = [name for name in self.objects.sizes() if _is_passing(name) and name not in known]
        self.objects.remove([name for name in strays if name.endswith(".json")])  # a receipt before what it names
        self.objects.remove([name for name in strays if not name.endswith(".json")])
        return kept

    def commit(self, receipt: ShardReceipt) -> None:
        """Move a shard's files into place, and have them put into the store beside the run."""
        self.claim.refuse_if_lost()
        super().commit(receipt)
        self.uploads.add(lambda: self._put_shard(receipt))

    def finish(self, manifest: Manifest) -> None:
        """Put the tables, then the manifest where there is none, and last ``_SUCCESS``."""
        parts = {entry.path for entry in manifest.files if entry.path.startswith(f"{FORECASTS}/")}
        for name in (entry.path for entry in manifest.files if entry.path not in parts):
            self.uploads.add(lambda name=name: self._put(name))  # type: ignore[misc]
        self.uploads.wait()
        self._refuse_other_than(manifest)
        super().finish(manifest)
        self.claim.renew()
        content = (self.output / MANIFEST).read_bytes()
        if self.objects.create(MANIFEST, content) is None:
            found = self.objects.read(MANIFEST)  # one whose answer was lost is there
            if found is None or found[0] != content:
                raise OutputBusyError(f"{self.objects}: another run has finished there", "look at what it wrote")
        _tidy(self.objects, self.output)

    def _put_shard(self, receipt: ShardReceipt) -> None:
        for name in (*(file.path for file in receipt.files), receipt_path(receipt.index)):
            self._put(name)

    def _put(self, name: str) -> None:
        self.claim.confirm()
        self.objects.put_file(name, self.output / name)

    def _refuse_other_than(self, manifest: Manifest) -> None:
        """Raise where the store does not hold what the manifest will say it holds; clear away parts it will not."""
        there, named = self.objects.sizes(), {entry.path: entry.bytes for entry in manifest.files}
        wrong = sorted(name for name, size in named.items() if there.get(name) != size)
        if wrong:
            raise OutputNotWrittenError(
                f"{self.objects}/{wrong[0]}: is not what this run put there ({len(wrong)} in all)",
                "see who else writes there, then run the same command again",
            )
        self.objects.remove([name for name in there if name.startswith(f"{FORECASTS}/") and name not in named])


@contextmanager
def open_mirrored_run(
    objects: Objects,
    folder: Path,
    made_from: tuple[dict[str, Any], str],
    *,
    force: bool,
    warn: Callable[[str], None],
) -> Iterator[tuple[RunFolder, OutputState]]:
    """Claim an output for a run ``made_from`` an identity of that fingerprint, and yield ``folder`` to do it in.

    ``folder`` is empty at first; what there is of the run already is fetched to it. Raises OutputBusyError,
    OutputNotWrittenError, or OutputConflictError where the store holds something else.
    """
    held = HeldByStore(objects)
    state, _ = validate_output(held, *made_from, force=force)
    if state is OutputState.FINISHED and not force and SUCCESS in held.sizes and not held.has(RUNNING):
        yield _finished(objects, folder, held), state
        return
    with claimed(objects, warn=warn) as claim:
        held = HeldByStore(objects)
        state, _ = validate_output(held, *made_from, force=force)
        if state is OutputState.FINISHED and not force:
            run = _finished(objects, folder, held)
            _tidy(objects, folder)
            yield run, state
            return
        if state is OutputState.RESUMABLE and not force:
            _fetch_shards(objects, folder, held)
        else:
            _clear(objects, held)
            state = OutputState.DAMAGED if state is OutputState.DAMAGED else OutputState.NEW
        with open_run(folder, *made_from, force=False), _uploading() as uploads:
            mirrored = MirroredRun(folder, objects, claim, uploads)
            mirrored.begin()
            yield mirrored, state


def fetch_all(objects: Objects, names: Iterable[str], folder: Path) -> None:
    """Write objects to files of their names in ``folder``, several at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(objects.fetch, name, folder / name) for name in names]:
            done.result()


@contextmanager
def _uploading() -> Iterator[Uploads]:
    """Lend what uploads; whatever ends the run, what was committed is put yet, unless the store or the user objects."""
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


def _finished(objects: Objects, folder: Path, held: HeldByStore) -> RunFolder:
    fetch_all(objects, [name for name in _SUMMARY if name in held.sizes], folder)
    return RunFolder(folder)


def _fetch_shards(objects: Objects, folder: Path, held: HeldByStore) -> None:
    """Fetch the plan, receipts, and of these shards the files that are there in full."""
    receipts = [name for name in held.sizes if name.startswith(_RECEIPTS) and name.endswith(".json")]
    fetch_all(objects, [_PLAN, *receipts], folder)
    found = [receipt for name in receipts if (receipt := read_receipt(folder / name))]
    files = [file for receipt in found for file in receipt.files]
    fetch_all(objects, [file.path for file in files if held.size(file.path) == file.bytes], folder)


def _clear(objects: Objects, held: HeldByStore) -> None:
    """Take a run away: its claim to be finished first, and last what tells that there was one."""
    for name in (SUCCESS, MANIFEST):
        objects.remove([name] if name in held.sizes else [])
    objects.remove([name for name in held.sizes if name not in (SUCCESS, MANIFEST, _PLAN, CLAIM)])
    objects.remove([_PLAN] if _PLAN in held.sizes else [])


def _tidy(objects: Objects, folder: Path) -> None:
    """Take the state of a run away whose manifest stands, and mark it as finished."""
    there = objects.sizes()
    objects.remove([name for name in there if name.startswith(f"{RUNNING}/") and name != CLAIM])
    if SUCCESS not in there:
        objects.put(SUCCESS, success_content(folder))


def _is_passing(name: str) -> bool:
    return name.startswith((f"{FORECASTS}/", f"{RUNNING}/"))
