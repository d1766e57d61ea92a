"""A run in an object store: the order of writes and removals, what a later run finds, and what is refused."""

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from obstore.store import MemoryStore
from store_runs import IDENTITY, OTHER, TABLE, commit_one, manifest

from forecast_cli.core.errors import OutputBusyError, OutputConflictError, OutputNotWrittenError
from forecast_cli.store import claim
from forecast_cli.store.contents import StoreContents
from forecast_cli.store.layout import ACCOUNTS, CLAIM, FORECASTS, MANIFEST, SUCCESS, receipt_path, shard_path
from forecast_cli.store.manifest import FileEntry, Manifest, manifest_content
from forecast_cli.store.mirror import fetch_all, open_mirrored_run
from forecast_cli.store.receipts import ShardReceipt, read_receipt
from forecast_cli.store.remote import Objects, Version
from forecast_cli.store.run_folder import RunFolder
from forecast_cli.store.state import OutputState, inspect_output
from forecast_cli.store.tables import write_table

PLAN = ".run/plan.json"
#: Tells the receipts of two runs apart, by horizon.
SECONDS = {30: 0.5, 14: 0.25}


class DiedError(BaseException):
    """The machine is gone."""


class Recorder(Objects):
    """A store that keeps a record of what is asked, and may end the run at the n-th removal, one object at a time."""

    def __init__(self, store: MemoryStore, removals: int | None = None) -> None:
        super().__init__(store, "s3://bucket/out")
        self.asked: list[tuple[str, str]] = []
        self.removals = removals

    def sizes(self) -> dict[str, int]:
        self.asked.append(("list", ""))
        return super().sizes()

    def put(self, name: str, content: bytes) -> None:
        self.asked.append(("put", name))
        super().put(name, content)

    def put_file(self, name: str, path: Path) -> None:
        self.asked.append(("put", name))
        super().put_file(name, path)

    def create(self, name: str, content: bytes) -> Version | None:
        self.asked.append(("put", name))
        return super().create(name, content)

    def remove(self, names: Sequence[str]) -> None:
        for name in sorted(names):
            if self.removals == 0 and name != CLAIM:
                raise DiedError
            self.removals = None if self.removals is None else self.removals - 1
            self.asked.append(("remove", name))
            super().remove([name])

    def names(self, what: str) -> list[str]:
        return [name for done, name in self.asked if done == what and name != CLAIM]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def objects(store: MemoryStore) -> Recorder:
    return Recorder(store)


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Path]:
    return (tmp_path / str(index) for index in range(100))


@contextmanager
def opened(
    objects: Objects, folder: Path, *, other: bool = False, force: bool = False
) -> Iterator[tuple[RunFolder, OutputState, dict[int, ShardReceipt]]]:
    """Open a run as workflows do: what is there is taken up before anything else."""
    folder.mkdir()
    identity = OTHER if other else IDENTITY
    with open_mirrored_run(objects, folder, identity, force=force, warn=pytest.fail) as (run, state):
        yield run, state, {} if state is OutputState.FINISHED else run.resume()


def finished(run: RunFolder, receipts: Sequence[ShardReceipt], *, other: bool = False) -> Manifest:
    """Write a table, and return the manifest that names it and the parts of the shards."""
    table = write_table(TABLE, run.output, ACCOUNTS)
    parts = [
        FileEntry(path=part.path, rows=part.rows, bytes=part.bytes, sha256=part.sha256)
        for part in (receipt.file_of(FORECASTS) for receipt in receipts)
    ]
    return manifest(OTHER if other else IDENTITY, [*parts, table])


def run_whole(objects: Objects, folder: Path, *, shards: int = 2, other: bool = False, force: bool = False) -> None:
    with opened(objects, folder, other=other, force=force) as (run, _, kept):
        seconds = SECONDS[14 if other else 30]
        receipts = [kept.get(index) or commit_one(run, index, seconds=seconds) for index in range(shards)]
        run.finish(finished(run, receipts, other=other))


def cut_off(objects: Objects, folder: Path, *, shards: int = 2) -> None:
    with suppress(InterruptedError), opened(objects, folder) as (run, _, _):
        for index in range(shards):
            commit_one(run, index, seconds=SECONDS[30])
        raise InterruptedError


def test_a_shard_is_put_before_its_receipt_the_manifest_after_all_and_success_last(
    objects: Recorder, folders: Iterator[Path]
) -> None:
    folder = next(folders)
    run_whole(objects, folder)
    put = objects.names("put")
    assert put[0] == PLAN
    for index in range(2):
        assert put.index(receipt_path(index)) > max(
            put.index(shard_path(index, table)) for table in (FORECASTS, ACCOUNTS)
        )
    assert put[-2:] == [MANIFEST, SUCCESS]
    assert objects.asked.index(("put", SUCCESS)) > objects.asked.index(("remove", PLAN))
    here = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert objects.sizes().keys() == here - {".lock"}
    assert inspect_output(StoreContents(objects), IDENTITY) == (OutputState.FINISHED, "")


def test_a_new_run_lists_what_is_there_three_times_and_a_finished_one_once(
    objects: Recorder, folders: Iterator[Path]
) -> None:
    run_whole(objects, next(folders))
    assert len(objects.names("list")) == 3
    objects.asked.clear()
    with opened(objects, next(folders)) as (run, state, _):
        assert state is OutputState.FINISHED
        assert (run.output / MANIFEST).exists()
    assert objects.asked == [("list", "")]


def test_a_run_that_was_cut_off_keeps_whole_shards_and_removes_all_else(
    objects: Recorder, folders: Iterator[Path]
) -> None:
    cut_off(objects, next(folders), shards=3)
    torn = shard_path(1, FORECASTS)
    objects.put(torn, b"x" * objects.sizes()[torn])
    objects.put(receipt_path(2), b"{")
    objects.put("forecasts/part-00009.parquet", b"no receipt names it")
    objects.put(SUCCESS, b"")
    objects.put(ACCOUNTS, b"of the end")
    objects.asked.clear()
    with opened(objects, next(folders)) as (_, state, kept):
        assert state is OutputState.RESUMABLE
        assert kept.keys() == {0}
        own = {file.path for file in kept[0].files} | {receipt_path(0), PLAN, CLAIM}
        assert objects.sizes().keys() == own
    removed = objects.names("remove")
    assert removed[0] == SUCCESS
    assert set(removed[1:3]) == {receipt_path(1), receipt_path(2)}


def test_what_was_committed_is_put_where_the_run_ends_by_an_error_of_its_own(
    objects: Recorder, folders: Iterator[Path]
) -> None:
    cut_off(objects, next(folders), shards=1)
    with opened(objects, next(folders)) as (_, state, kept):
        assert (state, list(kept)) == (OutputState.RESUMABLE, [0])


def assert_never_torn(objects: Objects, folder: Path) -> None:
    """Fail where what is there tells of something that is not: ``_SUCCESS``, the manifest, or a receipt."""
    held = StoreContents(objects)
    for identity in (IDENTITY, OTHER):
        assert inspect_output(held, identity)[0] is not OutputState.DAMAGED
    assert MANIFEST in held.sizes or SUCCESS not in held.sizes
    names = [name for name in held.sizes if name.startswith(".run/shards/") and name.endswith(".json")]
    fetch_all(objects, names, folder)
    receipts = [receipt for name in names if (receipt := read_receipt(folder / name))]
    assert all(file.path in held.sizes for receipt in receipts for file in receipt.files)
    if receipts:
        plan = json.loads(held.read(PLAN) or b"")
        assert {receipt.cpu_seconds for receipt in receipts} == {SECONDS[plan["identity"]["settings"]["horizon"]]}


@pytest.mark.parametrize("was_finished", [True, False])
def test_a_run_that_dies_while_it_replaces_another_leaves_nothing_torn(
    folders: Iterator[Path], *, was_finished: bool
) -> None:
    replace = partial(run_whole, other=True, force=True)
    for removals in itertools.count():
        store = MemoryStore()
        (run_whole if was_finished else cut_off)(Recorder(store), next(folders))
        try:
            replace(Recorder(store, removals), next(folders))
            break
        except DiedError:
            assert_never_torn(Recorder(store), next(folders))
        replace(Recorder(store), next(folders))
        assert inspect_output(StoreContents(Recorder(store)), OTHER) == (OutputState.FINISHED, "")
    assert removals > 10


def test_a_run_that_dies_while_it_is_resumed_can_be_resumed_again(folders: Iterator[Path]) -> None:
    for removals in itertools.count():
        store = MemoryStore()
        objects = Recorder(store)
        cut_off(objects, next(folders))
        objects.put(receipt_path(1), b"{")
        try:
            run_whole(Recorder(store, removals), next(folders))
            break
        except DiedError:
            assert_never_torn(objects, next(folders))
        state, _ = inspect_output(StoreContents(objects), IDENTITY)
        assert state in (OutputState.RESUMABLE, OutputState.FINISHED)
    assert removals > 5


def test_a_finished_run_that_is_damaged_is_done_again(objects: Recorder, folders: Iterator[Path]) -> None:
    run_whole(objects, next(folders))
    objects.remove([shard_path(1, FORECASTS)])
    with opened(objects, next(folders)) as (_, state, kept):
        assert (state, kept) == (OutputState.DAMAGED, {})
        assert objects.sizes().keys() == {PLAN, CLAIM}


def test_a_finished_run_without_success_gets_it(objects: Recorder, folders: Iterator[Path]) -> None:
    run_whole(objects, next(folders))
    whole = objects.sizes()
    objects.remove([SUCCESS])
    objects.put(receipt_path(0), b"{}")
    objects.put(PLAN, b"{}")
    run_state = open_mirrored_run(objects, next(folders), IDENTITY, force=False, warn=pytest.fail)
    with run_state as (_, state):
        assert state is OutputState.FINISHED
    assert objects.sizes() == whole


@pytest.mark.parametrize("force", [True, False])
@pytest.mark.parametrize("name", ["thesis.docx", "forecasts/thesis.docx"])
def test_objects_that_no_run_wrote_are_refused_before_anything_is_written(
    objects: Recorder, folders: Iterator[Path], name: str, *, force: bool
) -> None:
    objects.put(name, b"ten years of work")
    objects.asked.clear()
    with (
        pytest.raises(OutputConflictError, match=f"holds files that no run wrote: {re.escape(name)}"),
        opened(objects, next(folders), force=force),
    ):
        pytest.fail("opened an output that no run wrote")
    assert objects.asked == [("list", "")]


def test_another_run_is_refused_and_stays_as_it_is(objects: Recorder, folders: Iterator[Path]) -> None:
    run_whole(objects, next(folders))
    before = objects.sizes()
    with pytest.raises(OutputConflictError, match="horizon 30 -> 14"), opened(objects, next(folders), other=True):
        pytest.fail("opened another run's output")
    assert objects.sizes() == before


def test_a_manifest_that_another_run_put_is_not_replaced(objects: Recorder, folders: Iterator[Path]) -> None:
    with opened(objects, next(folders)) as (run, _, _):
        told = finished(run, [commit_one(run)])
        objects.put(MANIFEST, b"theirs")
        with pytest.raises(OutputBusyError, match="another run has finished here meanwhile"):
            run.finish(told)
    found = objects.read(MANIFEST)
    assert found is not None
    assert found[0] == b"theirs"


def test_a_manifest_whose_answer_was_lost_is_this_runs(objects: Recorder, folders: Iterator[Path]) -> None:
    with opened(objects, next(folders)) as (run, _, _):
        told = finished(run, [commit_one(run)])
        objects.put(MANIFEST, manifest_content(told))
        run.finish(told)
    assert SUCCESS in objects.sizes()


def test_no_manifest_is_put_where_the_store_holds_other_files(objects: Recorder, folders: Iterator[Path]) -> None:
    with opened(objects, next(folders)) as (run, _, _):
        told = finished(run, [commit_one(run)])
        run.uploads.wait()  # type: ignore[attr-defined]
        objects.put(shard_path(0, FORECASTS), b"cut")
        with pytest.raises(
            OutputNotWrittenError, match=r"part-00000\.parquet: is missing, or is not what this run wrote"
        ):
            run.finish(told)
    assert MANIFEST not in objects.sizes()


def test_a_part_that_came_late_of_another_run_is_removed_before_the_manifest(
    objects: Recorder, folders: Iterator[Path]
) -> None:
    late = shard_path(7, FORECASTS)
    with opened(objects, next(folders)) as (run, _, _):
        objects.put(late, b"late")
        run.finish(finished(run, [commit_one(run)]))
    assert late not in objects.sizes()
    assert objects.asked.index(("remove", late)) < objects.asked.index(("put", MANIFEST))


def test_a_run_whose_claim_was_taken_over_removes_and_puts_nothing(
    objects: Recorder, folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(objects, next(folders))
    objects.put("forecasts/part-00009.parquet", b"to be removed")
    monkeypatch.setattr(claim, "PACE", claim.Pace(renewal=60.0, patience=-1.0))  # each confirmation renews the claim
    folder = next(folders)
    folder.mkdir()
    with open_mirrored_run(objects, folder, IDENTITY, force=False, warn=pytest.fail) as (run, _):
        objects.put(CLAIM, b'{"token": "theirs"}')
        objects.asked.clear()
        with pytest.raises(OutputBusyError, match="took over this output"):
            run.resume()
        with pytest.raises(OutputBusyError, match="took over this output"):
            commit_one(run, 5)
    assert objects.asked == []
    assert CLAIM in objects.sizes()


def test_an_upload_that_failed_ends_the_run_before_its_manifest(
    objects: Recorder, folders: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(name: str, path: Path) -> None:
        raise OutputNotWrittenError(f"{name}: refused", "ask")

    with opened(objects, next(folders)) as (run, _, _):
        monkeypatch.setattr(objects, "put_file", refuse)
        told = finished(run, [commit_one(run)])
        with pytest.raises(OutputNotWrittenError, match="refused"):
            run.finish(told)
    assert MANIFEST not in objects.sizes()


def test_objects_are_fetched_to_files_of_their_names(objects: Recorder, tmp_path: Path) -> None:
    for index in range(9):
        objects.put(f"deep/{index}", b"%d" % index)
    fetch_all(objects, objects.sizes(), tmp_path)
    assert [(tmp_path / "deep" / str(index)).read_bytes() for index in range(9)] == [
        b"%d" % index for index in range(9)
    ]
    with pytest.raises(OutputNotWrittenError, match="gone: cannot be read"):
        fetch_all(objects, ["deep/1", "gone"], tmp_path)
