"""The output folder: complete or absent, resumed where it stopped, never mixed."""

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from store_runs import IDENTITY, OTHER, TABLE, commit_one, manifest

from forecast_cli.core.errors import OutputBusyError, OutputConflictError, OutputNotWrittenError
from forecast_cli.store.atomic import write_durable, write_whole
from forecast_cli.store.contents import FolderContents
from forecast_cli.store.fingerprint import input_identity
from forecast_cli.store.layout import ACCOUNTS, FORECASTS, UNFINISHED, shard_path, unfinished_path
from forecast_cli.store.lock import output_lock
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.run_folder import open_run
from forecast_cli.store.state import OutputState, inspect_output
from forecast_cli.store.tables import stage, write_table


def test_a_new_output_is_made_and_finished(tmp_path: Path) -> None:
    with open_run(tmp_path / "out", IDENTITY, force=False) as (run, state):
        assert state is OutputState.NEW
        commit_one(run)
        run.finish(manifest())
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        ".lock",
        "_SUCCESS",
        "forecasts",
        "manifest.json",
    ]
    assert inspect_output(FolderContents(tmp_path / "out"), IDENTITY) == (OutputState.FINISHED, "")


def test_a_run_that_was_cut_off_keeps_what_it_committed(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        receipt = commit_one(run)
    with open_run(tmp_path, IDENTITY, force=False) as (run, state):
        assert state is OutputState.RESUMABLE
        assert run.resume() == {0: receipt}


def test_no_reader_finds_a_part_of_the_forecasts(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
        assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == set()
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        run.resume()
        commit_one(run, 1)
        run.finish(manifest())
    assert sorted(path.name for path in (tmp_path / FORECASTS).iterdir()) == [
        "part-00000.parquet",
        "part-00001.parquet",
    ]


def test_a_run_that_ends_before_its_manifest_hides_its_forecasts_again_and_keeps_them(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        receipts = {0: commit_one(run), 1: commit_one(run, 1)}
    (tmp_path / UNFINISHED).rename(tmp_path / FORECASTS)
    with open_run(tmp_path, IDENTITY, force=False) as (run, state):
        assert state is OutputState.RESUMABLE
        assert not (tmp_path / FORECASTS).exists()
        assert run.resume() == receipts


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_shards_without_a_plan_are_those_of_nobody(tmp_path: Path, damage: str) -> None:
    with open_run(tmp_path, OTHER, force=False) as (run, _):
        commit_one(run)
    plan = tmp_path / ".run/plan.json"
    plan.unlink() if damage == "missing" else os.truncate(plan, 10)
    with open_run(tmp_path, IDENTITY, force=False) as (run, state):
        assert state is OutputState.NEW
        assert run.resume() == {}


def test_RT12_a_run_whose_output_was_removed_writes_nothing_to_the_one_that_came_after(tmp_path: Path) -> None:
    output, away = tmp_path / "out", tmp_path / "away"
    with open_run(output, IDENTITY, force=False) as (first, _):
        commit_one(first)
        staged = stage(TABLE, first.staging, 1, FORECASTS)
        output.rename(away)
        with open_run(output, OTHER, force=False) as (second, state):
            assert state is OutputState.NEW
            assert second.staging != first.staging
            found = sorted(output.rglob("*"))
            for write in (
                lambda: first.commit(ShardReceipt(1, 1, 0.0, (staged,))),
                lambda: first.finish(manifest()),
                lambda: stage(TABLE, first.staging, 1, FORECASTS),
            ):
                with pytest.raises(OutputNotWrittenError) as caught:
                    write()
                assert caught.value.hint == "leave an output alone while its run is at work; run the same command again"
            assert sorted(output.rglob("*")) == found


@pytest.mark.parametrize("damage", ["part", "receipt", "accounts"])
def test_a_committed_shard_that_is_damaged_is_done_again(tmp_path: Path, damage: str) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
        commit_one(run, 1)
    part, accounts = unfinished_path(shard_path(1, FORECASTS)), shard_path(1, ACCOUNTS)
    path = {"part": part, "accounts": accounts, "receipt": ".run/shards/00001.json"}[damage]
    content = bytearray((tmp_path / path).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / path).write_bytes(content[: len(content) // 2] if damage == "receipt" else content)
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        assert set(run.resume()) == {0}


@pytest.mark.parametrize("then", ["resumed", "replaced", "finished"])
def test_a_task_that_is_still_being_stopped_does_not_keep_staged_files_from_being_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        (run.staging / "task").mkdir()
        late, remove = run.staging / "task" / "late", os.rmdir

        def write_and_remove(path: str, **options: int) -> None:
            with contextlib.suppress(FileNotFoundError):
                late.touch()
            remove(path, **options)

        monkeypatch.setattr("os.rmdir", write_and_remove)
        if then == "finished":
            run.finish(manifest())
    if then != "finished":
        with open_run(tmp_path, IDENTITY, force=then == "replaced") as (run, _):
            assert not list(run.staging.iterdir())
    assert not list(tmp_path.glob(".run/.*"))


def test_staged_files_of_a_dead_run_are_cleared_away(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        stage(TABLE, run.staging, 3, FORECASTS)
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        assert list(run.staging.iterdir()) == []


@pytest.mark.parametrize("finished", [True, False])
def test_another_run_is_refused_with_what_differs(tmp_path: Path, *, finished: bool) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
        if finished:
            run.finish(manifest())
    with (
        pytest.raises(OutputConflictError, match="horizon 30 -> 14") as caught,
        open_run(tmp_path, OTHER, force=False),
    ):
        pytest.fail("opened another run's output")
    assert "--force" in (caught.value.hint or "")


def test_a_run_that_comes_between_the_first_look_and_the_lock_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def come_between(_: Path) -> None:
        monkeypatch.undo()
        with open_run(tmp_path, IDENTITY, force=False) as (run, _):
            commit_one(run)

    monkeypatch.setattr("forecast_cli.store.run_folder.make_folder", come_between)
    with (
        pytest.raises(OutputConflictError, match="holds an unfinished run that differs in: "),
        open_run(tmp_path, OTHER, force=False),
    ):
        pytest.fail("replaced another run")
    assert (tmp_path / unfinished_path(shard_path(0, FORECASTS))).exists()


def test_the_plan_of_a_run_holds_no_secret(tmp_path: Path) -> None:
    secret = IDENTITY | {"input": {"root": "s3://key:hunter2@bucket/in"}}
    with open_run(tmp_path, secret, force=False):
        assert "s3://***@bucket/in" in (tmp_path / ".run" / "plan.json").read_text()


def test_force_replaces_another_run_but_never_foreign_files(tmp_path: Path) -> None:
    with open_run(tmp_path / "run", IDENTITY, force=False) as (run, _):
        commit_one(run)
        run.finish(manifest())
    with open_run(tmp_path / "run", OTHER, force=True) as (run, state):
        assert state is OutputState.NEW
        assert not (run.output / "manifest.json").exists()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "thesis.docx").write_text("ten years of work")
    with (
        pytest.raises(OutputConflictError, match="holds files that no run wrote") as refused,
        open_run(tmp_path / "foreign", IDENTITY, force=True),
    ):
        pytest.fail("opened a foreign folder")
    assert refused.value.hint == "name another --output", "and not --force, which does not help"


@pytest.mark.parametrize("foreign", ["forecasts/notes.csv", "forecasts/part-00000 (copy).parquet"])
def test_force_keeps_a_foreign_file_among_the_forecasts(tmp_path: Path, foreign: str) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
        run.finish(manifest())
    (tmp_path / foreign).write_text("ten years of work")
    with (
        pytest.raises(OutputConflictError, match="holds files that no run wrote: " + re.escape(foreign)),
        open_run(tmp_path, OTHER, force=True),
    ):
        pytest.fail("opened a folder with a foreign file")
    assert (tmp_path / foreign).exists()


def test_a_damaged_manifest_is_refused_and_replaced_by_force(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        run.finish(manifest())
    (tmp_path / "manifest.json").write_text("{")
    assert inspect_output(FolderContents(tmp_path), IDENTITY)[0] is OutputState.OTHER
    with open_run(tmp_path, IDENTITY, force=True) as (_, state):
        assert state is OutputState.NEW


def test_a_run_killed_between_manifest_and_clearing_counts_as_finished(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        write_whole(run.output / "manifest.json", manifest().model_dump_json().encode())
    with open_run(tmp_path, IDENTITY, force=False) as (_, state):
        assert state is OutputState.FINISHED
    assert not (tmp_path / ".run").exists()
    assert (tmp_path / "_SUCCESS").exists()


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_a_finished_run_is_damaged_where_a_file_is_missing_or_of_another_size(tmp_path: Path, damage: str) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        run.finish(manifest(files=[write_table(TABLE, run.output, ACCOUNTS)]))
    path = tmp_path / ACCOUNTS
    content = path.read_bytes()
    path.unlink()
    if damage == "cut short":
        path.write_bytes(content[:-1])
    assert inspect_output(FolderContents(tmp_path), IDENTITY) == (
        OutputState.DAMAGED,
        "these files are missing or damaged: accounts.parquet",
    )


def test_RT11_the_second_run_reports_who_holds_the_output(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from forecast_cli.store.lock import output_lock\n"
        "with output_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(OutputBusyError, match=f"process {holder.pid} on"), output_lock(tmp_path):
            pytest.fail("two runs hold one output")
        holder.kill()
    with output_lock(tmp_path):
        assert json.loads((tmp_path / ".holder.json").read_text())["pid"]


def test_RT08_a_full_disk_is_an_error_with_its_reason() -> None:
    with pytest.raises(OutputNotWrittenError, match="No space left on device"):
        write_durable(Path("/dev/full"), b"x" * 10)


def test_parts_that_no_receipt_names_are_cleared_away(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
        commit_one(run, 1)
    (tmp_path / ".run/shards/00001.json").unlink()
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        assert set(run.resume()) == {0}
        assert [path.name for path in (tmp_path / UNFINISHED).iterdir()] == ["part-00000.parquet"]


def test_tables_without_a_manifest_or_a_plan_are_another_run(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
        run.finish(manifest())
    (tmp_path / "manifest.json").unlink()
    with (
        pytest.raises(OutputConflictError, match="holds forecasts of a run without a manifest"),
        open_run(tmp_path, IDENTITY, force=False),
    ):
        pytest.fail("mixed two runs")
    with open_run(tmp_path, IDENTITY, force=True):
        assert not (tmp_path / FORECASTS).exists()


def test_a_receipt_of_another_shape_is_no_receipt(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
    (tmp_path / ".run/shards/00000.json").write_text('{"index": 0}')
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        assert run.resume() == {}


def test_a_receipt_of_another_shard_is_no_receipt(tmp_path: Path) -> None:
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        commit_one(run)
    (tmp_path / ".run/shards/00000.json").rename(tmp_path / ".run/shards/00007.json")
    with open_run(tmp_path, IDENTITY, force=False) as (run, _):
        assert run.resume() == {}


def test_the_same_files_under_another_spelling_are_the_same_input() -> None:
    files = [("in/a.parquet", 1, "00")]
    spelled = [("./in/a.parquet", 1, "00")]
    assert input_identity("in", files) == input_identity("./in", spelled) == [["a.parquet", 1, "00"]]


def test_a_manifest_that_no_run_wrote_makes_a_folder_a_foreign_one(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    (tmp_path / "forecasts").mkdir()
    (tmp_path / "forecasts" / "mine.parquet").write_bytes(b"years of work")
    with (
        pytest.raises(OutputConflictError, match="that no run wrote"),
        open_run(tmp_path, IDENTITY, force=True),
    ):
        pytest.fail("took a foreign folder")
    assert (tmp_path / "forecasts" / "mine.parquet").exists()
