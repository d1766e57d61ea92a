"""The runs of a folder, on the command line."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Finished, balance_rows

from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.store.atomic import remove_folder
from forecast_cli.store.lock import output_lock
from forecast_cli.workflows import runs

QUICK = ("--model", "Naive", "--jobs", 1, "--quiet")


def dated(output: Path, day: int) -> None:
    """Say in a manifest that its run ended on a day."""
    path = output / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"finished_at": f"2026-01-{day:02d}T03:00:00+00:00"}))


@pytest.fixture
def nights(finished: Finished, tmp_path: Path) -> Path:
    """Three nights' outputs, one that was cut off, and a folder that is none."""
    for day in (1, 2, 3):
        shutil.copytree(finished.output, tmp_path / "nights" / f"night-{day}")
        dated(tmp_path / "nights" / f"night-{day}", day)
    (tmp_path / "nights" / "night-4" / ".run").mkdir(parents=True)
    (tmp_path / "nights" / "notes").mkdir()
    return tmp_path / "nights"


def test_runs_are_listed_the_newest_first(cli: Cli, nights: Path) -> None:
    listed = json.loads(cli("runs", "list", nights, "--format", "json").assert_exit(ExitCode.OK).out)["runs"]
    assert [Path(run["output"]).name for run in listed] == ["night-3", "night-2", "night-1", "night-4"]
    assert [run["state"] for run in listed] == ["finished"] * 3 + ["cut off"]
    assert listed[0]["accounts"]["ok"] == 6
    assert "2026-01-03T03:00:00+00:00" in cli("runs", "list", nights).assert_exit(ExitCode.OK).out


@pytest.mark.parametrize(("width", "dated"), [(60, False), (80, True)])
def test_a_narrow_terminal_leaves_out_the_dates_rather_than_the_names(
    cli: Cli, nights: Path, monkeypatch: pytest.MonkeyPatch, *, width: int, dated: bool
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = cli("runs", "list", nights).assert_exit(ExitCode.OK).out.splitlines()
    assert lines[0].split() == ["run", "command", "state", *(["finished"] if dated else []), "accounts", "failed"]
    assert max(map(len, lines)) <= width
    joined = "".join(line.split()[0] for line in lines if line.strip())
    assert all(f"night-{day}" in joined for day in (1, 2, 3, 4))


def test_a_run_that_another_process_holds_is_running_and_a_broken_manifest_is_damaged(cli: Cli, nights: Path) -> None:
    (nights / "night-1" / "manifest.json").write_text("{")
    with output_lock(nights / "night-2"):
        listed = json.loads(cli("runs", "list", nights, "--format", "json").assert_exit(ExitCode.OK).out)["runs"]
    states = {Path(run["output"]).name: run["state"] for run in listed}
    assert states == {"night-1": "damaged", "night-2": "running", "night-3": "finished", "night-4": "cut off"}


def test_one_run_is_shown(cli: Cli, finished: Finished) -> None:
    outcome = cli("runs", "show", finished.output).assert_exit(ExitCode.OK)
    assert "6 ok, 0 fallback, 0 skipped, 0 failed" in outcome.flat
    assert "timezone -" in outcome.flat
    assert "season_length 30" in outcome.flat
    assert "None" not in outcome.out
    shown = json.loads(cli("runs", "show", finished.output, "--format", "json").out)
    assert shown["manifest"]["fingerprint"] == shown["fingerprint"]


def test_a_folder_of_several_runs_is_not_shown(cli: Cli, nights: Path) -> None:
    cli("runs", "show", nights).assert_error(ExitCode.USAGE, "holds 4 runs")


@pytest.mark.parametrize("command", ["list", "show", "prune"])
def test_a_folder_without_runs_is_reported(cli: Cli, tmp_path: Path, command: str) -> None:
    cli("runs", command, tmp_path).assert_error(ExitCode.CHECK_FAILED, "holds no run")
    outcome = cli("runs", command, tmp_path / "nowhere").assert_error(ExitCode.CHECK_FAILED, "no such folder")
    assert "forecast-cli runs list FOLDER" in outcome.err


def test_a_check_of_no_run_says_how_to_find_one(cli: Cli, tmp_path: Path) -> None:
    outcomes = [cli("check", place) for place in (tmp_path, tmp_path / "nowhere")]
    assert all(
        "to find one, list the folder of your outputs: forecast-cli runs list FOLDER" in one.err for one in outcomes
    )


def test_a_file_is_not_reported_as_a_missing_folder(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    cli("check", tmp_path / "a.txt").assert_error(ExitCode.CHECK_FAILED, "a.txt: is a file, not a folder")


def test_forecasts_without_a_row_in_common_have_not_moved(cli: Cli, tmp_path: Path) -> None:
    rows = balance_rows()
    for name, id_ in (("old", "A001"), ("new", "A002")):
        rows.filter(pl.col("account_id") == id_).write_parquet(tmp_path / f"{name}.parquet")
        cli("forecast", tmp_path / f"{name}.parquet", "--output", tmp_path / name, *QUICK).assert_exit(ExitCode.OK)
    outcome = cli("runs", "diff", tmp_path / "old", tmp_path / "new").assert_exit(ExitCode.OK)
    assert "in both 0 forecast rows" in outcome.flat
    assert "mean moved by" not in outcome.flat


def test_a_run_does_not_differ_from_its_copy(cli: Cli, nights: Path) -> None:
    outcome = cli("runs", "diff", nights / "night-1", nights / "night-2").assert_exit(ExitCode.OK)
    assert "The forecasts are the same" in outcome.out
    assert "the same input, settings and versions" in outcome.flat


def test_diff_says_why_two_forecasts_differ(cli: Cli, tmp_path: Path) -> None:
    rows = balance_rows()
    rows.write_parquet(tmp_path / "old.parquet")
    newer = rows.filter(pl.col("account_id") != "A005").with_columns(
        balance=pl.col("balance") + pl.col("account_id").replace_strict({"A002": 500.0, "A003": 900.0}, default=0.0)
    )
    newer.write_parquet(tmp_path / "new.parquet")
    for name, level in (("old", 80), ("new", 90)):
        source, output = tmp_path / f"{name}.parquet", tmp_path / name
        cli("forecast", source, "--output", output, "--level", level, *QUICK).assert_exit(ExitCode.OK)
    outcome = cli("runs", "diff", tmp_path / "old", tmp_path / "new").assert_exit(ExitCode.OK)
    assert "The forecasts differ" in outcome.flat
    assert "level [80.0] -> [90.0]" in outcome.flat
    assert "input: 1 file of new content, 1 removed, 0 unchanged" in outcome.flat
    found = json.loads(cli("runs", "diff", tmp_path / "old", tmp_path / "new", "--format", "json").out)
    assert found["statuses"] == [["ok", "absent", 1]]
    moved = found["numbers"]
    assert (moved["both"], moved["changed"], moved["old_only"], moved["new_only"]) == (150, 60, 30, 0)
    [distances] = moved["distances"]
    assert distances["currency"] is None
    assert distances["accounts"] == [["A003", 900.0], ["A002", 500.0]], "the furthest first"


@pytest.mark.parametrize("table", ["accounts.parquet", "forecasts/part-00000.parquet"])
@pytest.mark.parametrize("side", ["old", "new"])
def test_diff_names_the_run_whose_table_is_damaged(
    cli: Cli, finished: Finished, tmp_path: Path, table: str, side: str
) -> None:
    for name in ("old", "new"):
        shutil.copytree(finished.output, tmp_path / name)
    path = tmp_path / side / table
    path.write_bytes(path.read_bytes()[:40] + bytes(40) + path.read_bytes()[80:-60] + bytes(60))
    outcome = cli("runs", "diff", tmp_path / "old", tmp_path / "new")
    outcome.assert_error(ExitCode.CHECK_FAILED, f"{tmp_path / side}: a table cannot be read")
    assert f"forecast-cli check {tmp_path / side}" in outcome.err


def test_a_forecast_is_not_held_against_a_backtest(cli: Cli, finished: Finished, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(finished.output, other)
    path = other / "manifest.json"
    path.write_text(path.read_text().replace('"command": "forecast"', '"command": "backtest"'))
    cli("runs", "diff", finished.output, other).assert_error(ExitCode.CONFIG_INVALID, "no numbers in common")


def test_prune_lists_what_it_would_remove_and_removes_it_only_when_asked(cli: Cli, nights: Path) -> None:
    before = sorted(path.name for path in nights.iterdir())
    outcome = cli("runs", "prune", nights, "--keep", 1).assert_exit(ExitCode.OK)
    assert "Would be removed (with --yes)" in outcome.out
    assert sorted(path.name for path in nights.iterdir()) == before
    cli("runs", "prune", nights, "--keep", 1, "--yes").assert_exit(ExitCode.OK)
    assert sorted(path.name for path in nights.iterdir()) == ["night-3", "night-4", "notes"]


def test_prune_removes_an_earlier_day_that_was_forecast_afterwards_and_keeps_the_last_nights(
    cli: Cli, nights: Path
) -> None:
    path = nights / "night-1" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["input"]["origin"] = "2026-01-05"
    path.write_text(json.dumps(manifest))
    dated(nights / "night-1", 9)
    cli("runs", "prune", nights, "--keep", 2, "--yes").assert_exit(ExitCode.OK)
    assert sorted(path.name for path in nights.iterdir()) == ["night-2", "night-3", "night-4", "notes"]


def test_prune_counts_a_run_without_an_origin_by_the_day_on_which_it_finished(
    cli: Cli, nights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for day, origin in ((1, "2025-12-31"), (2, "2026-01-01"), (3, None)):
        path = nights / f"night-{day}" / "manifest.json"
        manifest = json.loads(path.read_text())
        manifest["input"]["origin"] = origin
        path.write_text(json.dumps(manifest | ({} if origin else {"command": "backtest"})))
    outcome = cli("runs", "prune", nights, "--keep", 2, "--yes").assert_exit(ExitCode.OK)
    assert sorted(path.name for path in nights.iterdir()) == ["night-2", "night-3", "night-4", "notes"]
    assert "2025-12-31 2026-01-01T03:00:00+00:00" in outcome.flat
    assert " - 2026-01-03T03:00:00+00:00" in outcome.flat
    assert " - cut off" in outcome.flat


@pytest.mark.parametrize("mine", ["mine.txt", "forecasts/mine.txt"])
def test_prune_leaves_a_folder_alone_that_holds_anything_no_run_wrote(cli: Cli, nights: Path, mine: str) -> None:
    (nights / "night-1" / mine).write_text("keep me")
    cli("runs", "prune", nights, "--keep", 1, "--yes").assert_exit(ExitCode.OK)
    assert sorted(path.name for path in nights.iterdir()) == ["night-1", "night-3", "night-4", "notes"]
    cli("runs", "prune", nights / "night-3").assert_error(ExitCode.USAGE, "is a run")


@pytest.fixture
def linked(nights: Path) -> Path:
    """The nights, the first of them moved away and linked, and a link to the latest."""
    shutil.move(nights / "night-1", nights.with_name("archive"))
    (nights / "night-1").symlink_to(nights.with_name("archive"))
    (nights / "latest").symlink_to("night-3")
    return nights


def test_a_link_is_no_run_of_its_own(cli: Cli, linked: Path, balances: Path, tmp_path: Path) -> None:
    listed = json.loads(cli("runs", "list", linked, "--format", "json").assert_exit(ExitCode.OK).out)["runs"]
    assert [Path(run["output"]).name for run in listed] == ["night-3", "night-2", "night-4"]
    assert "night-3" not in cli("runs", "list", linked / "latest").assert_exit(ExitCode.OK).out
    shutil.rmtree(linked / "night-2")
    shutil.rmtree(linked / "night-3")
    outcome = cli("forecast", balances, "--output", tmp_path / "out", "--previous", linked, *QUICK)
    assert "holds no earlier forecast" in outcome.assert_exit(ExitCode.OK).err


def test_prune_neither_counts_nor_follows_a_link(cli: Cli, linked: Path) -> None:
    cli("runs", "prune", linked, "--keep", 2, "--yes").assert_exit(ExitCode.OK)
    names = ["latest", "night-1", "night-2", "night-3", "night-4", "notes"]
    assert sorted(path.name for path in linked.iterdir()) == names
    cli("runs", "prune", linked, "--keep", 1, "--yes").assert_exit(ExitCode.OK)
    assert sorted(path.name for path in linked.iterdir()) == [name for name in names if name != "night-2"]
    for output in (linked / "night-1", linked / "latest"):
        assert (output / "accounts.parquet").exists()
        cli("runs", "show", output).assert_exit(ExitCode.OK)


def test_prune_removes_the_others_if_one_run_cannot_be_removed(
    cli: Cli, nights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_first(output: Path) -> None:
        if output.name == "night-2":
            raise OutputNotWrittenError(f"{output}: cannot be written")
        remove_folder(output)

    monkeypatch.setattr(runs, "remove_folder", fail_first)
    outcome = cli("runs", "prune", nights, "--keep", 1, "--yes")
    outcome.assert_error(ExitCode.OUTPUT_NOT_WRITTEN, "night-2: cannot be written")
    assert sorted(path.name for path in nights.iterdir()) == ["night-2", "night-3", "night-4", "notes"]


def test_an_account_without_a_currency_is_the_same_account_in_both_runs(cli: Cli, tmp_path: Path) -> None:
    rows = balance_rows(3).with_columns(ccy=pl.when(pl.col("account_id") == "A001").then(None).otherwise(pl.lit("EUR")))
    rows.write_parquet(tmp_path / "rows.parquet")
    asked = ("--output", tmp_path / "out", "--currency-col", "ccy", "--max-failed", 1, *QUICK)
    cli("forecast", tmp_path / "rows.parquet", *asked).assert_exit(ExitCode.OK)
    told = json.loads(
        cli("runs", "diff", tmp_path / "out", tmp_path / "out", "--format", "json").assert_exit(ExitCode.OK).out
    )
    assert told["same"]
    assert told["statuses"] == []
