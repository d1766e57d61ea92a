"""``forecast`` on the command line: what it writes and prints, and its exit codes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from cli_harness import ACCOUNTS, Cli, Finished, command

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.store.lock import output_lock

QUICK = ("--model", "Naive", "--horizon", 5, "--jobs", 1)


def test_a_clean_run_exits_0_and_writes_every_table(finished: Finished) -> None:
    finished.outcome.assert_exit(ExitCode.OK)
    assert pl.read_parquet(finished.output / "accounts.parquet").height == ACCOUNTS
    assert pl.read_parquet(finished.output / "forecasts" / "*.parquet").height == ACCOUNTS * 30 * 2
    assert json.loads((finished.output / "manifest.json").read_text())["accounts"]["ok"] == ACCOUNTS


def test_a_single_day_ahead_is_one_day(cli: Cli, balances: Path, tmp_path: Path) -> None:
    out = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--horizon", 1).assert_exit(ExitCode.OK).flat
    assert ": 1 day ahead from 2026-04-30, by Naive" in out


def test_the_summary_says_where_the_tables_are_and_what_is_in_them(finished: Finished) -> None:
    out = finished.outcome.flat
    assert f"Tables in {finished.output}" in out
    for said in ("forecasts/ 360 rows", "accounts.parquet 6 rows", "failures.parquet 0 rows", "manifest.json"):
        assert said in out
    assert f"{ACCOUNTS} forecast as requested" in out
    assert f"in all {ACCOUNTS} every account of the input" in out


def test_the_summary_fits_a_narrow_terminal_but_for_commands_to_copy(finished: Finished) -> None:
    lines = finished.outcome.out.splitlines()
    told = lines[: lines.index("Next")]
    paths = [line for line in told if str(finished.output.parent) in line or "balances.parquet" in line]
    assert all(len(line) <= 80 for line in told if line not in paths)


def test_a_message_never_goes_to_stdout_and_progress_is_a_line_for_each_tenth(finished: Finished) -> None:
    assert "100 % (6 of 6 accounts)" in finished.outcome.err
    assert "%" not in finished.outcome.out.partition("Tables in")[2]


def test_quiet_leaves_nothing_to_say_of_a_clean_run(cli: Cli, balances: Path, tmp_path: Path) -> None:
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--quiet").assert_exit(ExitCode.OK)
    assert (outcome.out, outcome.err) == ("", "")


def test_the_same_command_again_has_nothing_left_to_do(cli: Cli, balances: Path, finished: Finished) -> None:
    before = (finished.output / "manifest.json").stat().st_mtime_ns
    models = ("--model", "SeasonalNaive", "--model", "Naive", "--jobs", 1)
    outcome = cli("forecast", balances, "--output", finished.output, *models).assert_exit(ExitCode.OK)
    assert outcome.out.startswith("Nothing left to do")
    assert (finished.output / "manifest.json").stat().st_mtime_ns == before


def test_more_failed_accounts_than_allowed_exit_3_with_everything_written(
    cli: Cli, one_bad: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    outcome = cli("forecast", one_bad, "--output", output, *QUICK)
    outcome.assert_error(ExitCode.ACCOUNTS_FAILED, "1 account failed", "--max-failed 0")
    assert "failed 1 no forecast" in outcome.flat
    assert "A003" in outcome.flat
    assert pl.read_parquet(output / "accounts.parquet").height == ACCOUNTS
    cli("forecast", one_bad, "--output", output, *QUICK, "--max-failed", 1).assert_exit(ExitCode.OK)


def test_more_skipped_accounts_than_allowed_exit_3_with_everything_written(
    cli: Cli, balances: Path, tmp_path: Path
) -> None:
    rows, path, output = pl.read_parquet(balances), tmp_path / "late.parquet", tmp_path / "out"
    late = rows.head(1).with_columns(pl.col("date").dt.offset_by("1y"))
    pl.concat([rows, late]).write_parquet(path)
    run = ("forecast", path, "--output", output, *QUICK)
    cli(*run, "--max-skipped", 5).assert_exit(ExitCode.OK)
    fingerprint = json.loads((output / "manifest.json").read_text())["fingerprint"]
    outcome = cli(*run, "--max-skipped", 4, "-q")
    why = "last row further before the origin than --max-stale"
    outcome.assert_error(
        ExitCode.ACCOUNTS_FAILED, f"5 accounts skipped, more than --max-skipped 4 allows: {why}; the rest is written"
    )
    assert f" validate {path}; name another day with --as-of, or allow more with --max-skipped" in outcome.err
    assert json.loads((output / "manifest.json").read_text())["fingerprint"] == fingerprint
    assert pl.read_parquet(output / "accounts.parquet")["status"].value_counts().sort("status").rows() == [
        ("ok", 1),
        ("skipped", 5),
    ]
    cli(*run).assert_exit(ExitCode.OK)


def test_both_limits_are_reported_in_one_line(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    path = tmp_path / "late.parquet"
    rows = pl.read_parquet(one_bad)
    pl.concat([rows, rows.head(1).with_columns(pl.col("date").dt.offset_by("1y"))]).write_parquet(path)
    outcome = cli("forecast", path, "--output", tmp_path / "out", *QUICK, "--max-skipped", 0)
    outcome.assert_error(ExitCode.ACCOUNTS_FAILED, "1 account failed", "two balances", "; 4 accounts skipped", "stale")
    assert "allow more with --max-failed and --max-skipped" in outcome.err


def test_the_commonest_reason_has_its_count_if_there_are_others(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    rows, path = pl.read_parquet(one_bad), tmp_path / "three.parquet"
    twice = rows.filter(pl.col("account_id") == "A001").head(1).with_columns(pl.col("balance") + 1.0)
    huge = rows.filter(pl.col("account_id") == "A002").head(1).with_columns(balance=1e16, date=date(2025, 12, 31))
    pl.concat([rows, twice, huge]).write_parquet(path)
    run = ("forecast", path, "--output", tmp_path / "out", *QUICK, "--model", "SeasonalNaive")
    told = "3 accounts failed, more than --max-failed 0 allows: two balances for one day (2), and others"
    cli(*run).assert_error(ExitCode.ACCOUNTS_FAILED, told)
    assert cli(*run, "--log-format", "json").events[-1]["message"].startswith(told)


def test_quiet_still_says_that_accounts_failed(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    outcome = cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK, "-q")
    outcome.assert_error(ExitCode.ACCOUNTS_FAILED, "1 account failed")
    assert outcome.out == ""


def test_a_dry_run_shows_the_plan_and_writes_nothing(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    run = ("forecast", one_bad, "--output", output, *QUICK, "--memory", "2GB", "--dry-run")
    outcome = cli(*run).assert_exit(ExitCode.OK)
    assert cli(*run, "--quiet").assert_exit(ExitCode.OK).out == outcome.out
    for said in ("nothing was written", "721 rows in 1 file", "ok 5 would be forecast", "failed 1 no forecast"):
        assert said in outcome.flat
    assert "fallback" not in outcome.flat, "only models can tell"
    for said in (
        "A003",
        "models Naive",
        "horizon 5 days",
        "work 1 shard in 1 process",
        "CPU time",
        "(new)",
    ):
        assert said in outcome.flat
    assert "holidays" not in outcome.flat, "Naive uses no calendar"
    assert "holidays US" in cli(*run, "--model", "RecurringEvents").assert_exit(ExitCode.OK).flat
    assert not output.exists()


def test_a_dry_run_states_the_exit_code_of_the_run(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    run = ("forecast", one_bad, "--output", tmp_path / "out", *QUICK, "--dry-run")
    ready = "5 of 6 accounts; 1 would get no forecast"
    why = "It would end with exit code 3: 1 failed, more than --max-failed 0 allows"
    assert cli(*run).assert_exit(ExitCode.OK).flat.endswith(f"{ready}. {why}.")
    assert cli(*run, "--max-failed", 1).assert_exit(ExitCode.OK).flat.endswith(f"{ready}.")
    logged = [cli(*run, *more, "--log-format", "json").events[-1] for more in ((), ("--max-failed", 1))]
    assert [(event["exit_code"], event["run_exit_code"]) for event in logged] == [(0, 3), (0, 0)]


def test_a_dry_run_says_what_memory_and_disk_a_run_takes(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ("forecast", balances, "--output", tmp_path / "out", *QUICK, "--dry-run")
    plain = cli(*run, "--memory", "1GB").assert_exit(ExitCode.OK)
    assert "memory up to 1.0 GB; 6 accounts at a time in each process" in plain.flat
    assert "disk" not in plain.flat
    monkeypatch.setattr("forecast_cli.workflows.preparing.is_scattered", lambda *_: True)
    assert "in the output during the run, to sort rows by account" in cli(*run).assert_exit(ExitCode.OK).flat


def test_a_bound_of_memory_that_cannot_be_kept_is_refused(cli: Cli, balances: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    run = ("forecast", balances, "--output", output, *QUICK)
    cli(*run, "--memory", "20MB").assert_error(ExitCode.CONFIG_INVALID, "--memory 20MB: ", "need at least")
    cli(*run, "--memory", "much").assert_error(ExitCode.CONFIG_INVALID, "such as 500MB or 2GB")
    assert not output.exists()


def test_a_dry_run_says_what_would_become_of_the_output(cli: Cli, balances: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    run = ("forecast", balances, "--output", output, *QUICK)
    cli(*run).assert_exit(ExitCode.OK)
    assert "this run, finished: nothing left to do" in cli(*run, "--dry-run").assert_exit(ExitCode.OK).flat
    assert "this run: would be done again (--force)" in cli(*run, "--dry-run", "--force").flat
    other = (*run, "--horizon", 6, "--dry-run")
    cli(*other).assert_error(ExitCode.CONFIG_INVALID, str(output), "horizon")
    assert "another run: would be replaced (--force)" in cli(*other, "--force").assert_exit(ExitCode.OK).flat
    (output / "accounts.parquet").unlink()
    assert "this run, damaged: would be done again" in cli(*run, "--dry-run").assert_exit(ExitCode.OK).flat
    (output / "manifest.json").unlink()
    cli(*run, "--dry-run").assert_error(ExitCode.CONFIG_INVALID, str(output))


def test_a_dry_run_takes_up_a_run_that_was_cut_off(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    run = ("forecast", balances, "--output", tmp_path / "out", *QUICK)
    with monkeypatch.context() as patch:
        patch.setattr("forecast_cli.engine.local.run_shards", cut_off)
        cli(*run).assert_exit(ExitCode.INTERRUPTED)
    assert (
        "this run, cut off: would be resumed where it stopped" in cli(*run, "--dry-run").assert_exit(ExitCode.OK).flat
    )


def test_a_run_without_any_forecast_exits_3_and_says_so(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    path = tmp_path / "alone.parquet"
    pl.read_parquet(one_bad).filter(pl.col("account_id") == "A003").write_parquet(path)
    outcome = cli("forecast", path, "--output", tmp_path / "out", *QUICK, "--max-failed", 1)
    outcome.assert_error(ExitCode.ACCOUNTS_FAILED, "none of 1 account could be forecast: two balances for one day")
    assert (
        f"hint:  see {tmp_path / 'out' / 'failures.parquet'}, or run, with the same options for reading: "
        in outcome.err
    )
    assert "A run would forecast 0 of 1 account" in cli("validate", path).assert_exit(ExitCode.OK).flat


def test_a_file_left_out_is_named_in_the_summary(cli: Cli, balances: Path, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    content = balances.read_bytes()
    (source / "a.parquet").write_bytes(content)
    (source / "b.parquet").write_bytes(content[:500])
    run = ("forecast", source, "--output", tmp_path / "out", *QUICK, "--on-bad-file", "quarantine")
    outcome = cli(*run).assert_exit(ExitCode.OK)
    told = outcome.flat.partition("Input")[2].replace(" ", "")
    assert f"quarantined1file:{source / 'b.parquet'}:notacompleteparquetfile" in told
    assert "accountsthatareonlyinthisfileareunknown[IN02]" in told
    again = cli(*run, "--log-format", "json").assert_exit(ExitCode.OK)
    [finding] = [finding for finding in again.events[-1]["findings"] if finding["action"] == "quarantine"]
    assert (finding["rule"], finding["unit"], finding["count"]) == ("IN02", "files", 1)
    assert str(source / "b.parquet") in finding["message"]


def test_the_summary_and_the_progress_go_by_one_clock(finished: Finished) -> None:
    progress = float(finished.outcome.err.splitlines()[-1].rpartition(", ")[2].removesuffix(" s"))
    done = float(finished.outcome.out.partition("Done in ")[2].partition(" s")[0])
    assert done >= progress


def test_a_missing_input_is_rejected_and_nothing_is_written(cli: Cli, tmp_path: Path) -> None:
    output = tmp_path / "out"
    cli("forecast", tmp_path / "none.parquet", "--output", output).assert_error(ExitCode.INPUT_REJECTED, "none.parquet")
    assert not output.exists()


def test_another_run_in_the_output_is_a_conflict_that_force_settles(
    cli: Cli, balances: Path, one_bad: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    cli("forecast", balances, "--output", output, *QUICK).assert_exit(ExitCode.OK)
    other = ("forecast", one_bad, "--output", output, *QUICK, "--max-failed", 1)
    refused = cli(*other).assert_error(ExitCode.CONFIG_INVALID, str(output))
    assert "--force" in refused.err
    cli(*other, "--force").assert_exit(ExitCode.OK)
    replay = cli("backtest", balances, "--output", output, "--model", "Naive")
    replay.assert_error(ExitCode.CONFIG_INVALID, 'differs in: command "forecast" -> "backtest"')
    assert "align" not in replay.err


def test_an_output_with_other_files_is_never_touched(cli: Cli, balances: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    cli("forecast", balances, "--output", tmp_path, *QUICK, "--force").assert_error(
        ExitCode.CONFIG_INVALID, "thesis.txt"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_output_inside_the_input_is_refused(cli: Cli, balances: Path) -> None:
    cli("forecast", balances.parent, "--output", balances.parent / "out", *QUICK).assert_error(
        ExitCode.CONFIG_INVALID, "inside the input"
    )


def test_RT10_an_output_inside_another_run_is_refused(cli: Cli, finished: Finished, balances: Path) -> None:
    nested = finished.output / "deep" / "out"
    outcome = cli("forecast", balances, "--output", nested, *QUICK)
    outcome.assert_error(ExitCode.CONFIG_INVALID, f"{nested}: lies inside another run, {finished.output};")
    assert not nested.parent.exists()


def test_a_manifest_that_no_run_wrote_makes_no_run_of_a_folder(cli: Cli, balances: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "a web page"}')
    cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--dry-run").assert_exit(ExitCode.OK)


def test_an_output_that_cannot_be_written_exits_8(cli: Cli, balances: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    cli("forecast", balances, "--output", tmp_path / "file" / "out", *QUICK).assert_error(
        ExitCode.OUTPUT_NOT_WRITTEN, str(tmp_path / "file")
    )


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Path]:
    output = tmp_path / "out"
    output.mkdir()
    with output_lock(output):
        yield output


def test_an_output_that_another_run_holds_exits_75_at_once(cli: Cli, balances: Path, held: Path) -> None:
    cli("forecast", balances, "--output", held, *QUICK).assert_error(ExitCode.OUTPUT_BUSY, str(held))


def test_an_unknown_model_is_named_with_the_nearest_one(cli: Cli, balances: Path, tmp_path: Path) -> None:
    outcome = cli("forecast", balances, "--output", tmp_path / "out", "--model", "Nave")
    outcome.assert_error(ExitCode.CONFIG_INVALID, "'Nave'")
    assert "did you mean 'Naive'?" in outcome.err


def test_settings_come_from_file_and_environment_as_well(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "c.toml"
    config.write_text('model = ["Naive"]\nhorizon = 9\njobs = 1\n')
    monkeypatch.setenv("FORECAST_HORIZON", "4")
    output = tmp_path / "out"
    cli("forecast", balances, "--output", output, "--config", config).assert_exit(ExitCode.OK)
    assert pl.read_parquet(output / "forecasts" / "*.parquet")["step"].max() == 4


def test_ids_that_could_drive_a_terminal_are_shown_as_text(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    nasty = "[red]A\x1b[31m\u202e<b>\n[/]"
    rows = pl.read_parquet(one_bad).with_columns(pl.col("account_id").replace("A003", nasty))
    path = tmp_path / "nasty.parquet"
    rows.write_parquet(path)
    outcome = cli("forecast", path, "--output", tmp_path / "out", *QUICK).assert_exit(ExitCode.ACCOUNTS_FAILED)
    said = outcome.out + outcome.err
    assert "[red]A\\x1b[31m\\u202e<b>\\n[/]" in "".join(line.strip() for line in said.splitlines())
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_secret_in_the_input_is_shown_nowhere(cli: Cli, tmp_path: Path) -> None:
    source = "vault://user:hunter2@bucket/balances"
    commands = (("forecast", source, "--output", tmp_path / "out"), ("validate", source))
    for arguments in commands:
        for extra in ((), ("--log-format", "json")):
            outcome = cli(*arguments, *extra).assert_exit(ExitCode.INPUT_REJECTED)
            assert "hunter2" not in outcome.out + outcome.err
            assert "vault://***@bucket" in outcome.out + outcome.err


def test_a_run_works_with_stdin_stdout_and_stderr_closed(balances: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    line = " ".join(command("forecast", balances, "--output", output, *QUICK))
    done = subprocess.run(["/bin/sh", "-c", f"exec {line} <&- >&- 2>&-"], env=os.environ, check=False)
    assert done.returncode == ExitCode.OK
    assert (output / "_SUCCESS").exists()


def said_of_a_run(balances: Path, output: Path, code: str) -> str:
    """Run ``code``, which has ``main`` and the words of a forecast, in a process of its own; return its last line."""
    words = ["forecast", str(balances), "--output", str(output), *map(str, QUICK), "--quiet"]
    begin = f"import sys\nsys.argv = ['forecast-cli', *{words!r}]\nfrom forecast_cli.__main__ import main\n"
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_run_of_block_models_into_a_folder_loads_only_what_it_needs(balances: Path, tmp_path: Path) -> None:
    code = (
        "try:\n    main()\nexcept SystemExit as leaving:\n    assert leaving.code == 0, leaving.code\n"
        "print('loaded:', *({'polars', 'statsforecast', 'pandas', 'obstore'} & {*sys.modules}))\n"
    )
    assert said_of_a_run(balances, tmp_path / "out", code) == "loaded: polars"


def test_no_more_cores_are_used_than_were_asked_for(
    balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "try:\n    main()\nfinally:\n    import polars\n    print(polars.thread_pool_size())\n"
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    assert said_of_a_run(balances, tmp_path / "bound", code) == "1"
    monkeypatch.setenv("POLARS_MAX_THREADS", "3")
    assert said_of_a_run(balances, tmp_path / "own", code) == "3"


def test_a_run_begins_before_it_loads_what_its_end_needs(balances: Path, tmp_path: Path) -> None:
    code = (
        "import forecast_cli.workflows.preparing as preparing\n"
        "def begin(*_, **__):\n"
        "    print('loaded:', *({'polars', 'rich', 'forecast_cli.evaluation.report'} & {*sys.modules}))\n"
        "    sys.exit()\n"
        "preparing._begin_workers = begin\n"
        "main()\n"
    )
    assert said_of_a_run(balances, tmp_path / "out", code) == "loaded: polars"
