"""``validate``: the data contract on the command line."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli

from forecast_cli.core.exit_codes import ExitCode


def test_a_clean_input_exits_0_with_a_verdict(cli: Cli, balances: Path) -> None:
    outcome = cli("validate", balances).assert_exit(ExitCode.OK)
    assert "720 rows in 1 file" in outcome.flat
    assert outcome.out.splitlines()[-1] == "A run would forecast 6 of 6 accounts."
    assert outcome.err == ""


def test_the_table_says_rule_count_share_and_what_a_run_would_do(cli: Cli, one_bad: Path) -> None:
    outcome = cli("validate", one_bad).assert_exit(ExitCode.OK)
    header = next(line for line in outcome.out.splitlines() if line.startswith("rule"))
    assert header.split() == ["rule", "count", "share", "a", "run", "would", "what"]
    row = next(line for line in outcome.out.splitlines() if line.startswith("TS03"))
    assert "1 account" in row
    assert "mark as failed" in row
    assert "A003" in outcome.flat
    assert outcome.flat.endswith(
        "A run would forecast 5 of 6 accounts; 1 would get no forecast. "
        "It would end with exit code 3: 1 failed, more than --max-failed 0 allows."
    )


def test_accounts_without_a_forecast_come_with_a_hint_if_a_run_would_exit_with_3(cli: Cli, one_bad: Path) -> None:
    hint = "hint:  fix the rows, or resolve them with --on-duplicate last-row or --on-duplicate mean"
    assert hint in cli("validate", one_bad).assert_exit(ExitCode.OK).out.splitlines()
    assert "hint:" not in cli("validate", one_bad, "--max-failed", 1).assert_exit(ExitCode.OK).out


def test_hints_are_those_for_the_accounts_that_exceed_a_limit(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    path = tmp_path / "balances.parquet"
    rows, ended = pl.read_parquet(one_bad), pl.col("account_id") == "A001"
    rows.filter(~ended | (pl.col("date") < pl.col("date").min() + pl.duration(days=9))).write_parquet(path)

    def hints(*options: object) -> list[str]:
        lines = cli("validate", path, *options).assert_exit(ExitCode.OK).out.splitlines()
        return [line[7:21] for line in lines if line.startswith("hint:  ")]

    failed, skipped = "fix the rows, ", "carry them fur"
    assert hints() == [failed]
    assert hints("--max-failed", 1, "--max-skipped", 0) == [skipped]
    assert hints("--max-skipped", 0) == [failed, skipped]


def test_an_account_is_named_though_its_id_is_a_letter_of_the_message(cli: Cli, tmp_path: Path) -> None:
    days = pl.date_range(date(2026, 1, 1), date(2026, 4, 30), eager=True)
    rows = pl.DataFrame({"account_id": ["a"] * len(days), "date": days, "balance": [None] * len(days)})
    path = tmp_path / "letters.parquet"
    rows.with_columns(pl.col("balance").cast(pl.Float64)).write_parquet(path)
    outcome = cli("validate", path)
    assert outcome.flat.count("e.g. a") == 1
    assert "..." not in outcome.flat, "one account is all there is, whatever its rows"


def test_ids_that_look_alike_are_all_named(cli: Cli, balances: Path, tmp_path: Path) -> None:
    alike = pl.col("account_id").replace({"A001": "a000"})
    pl.read_parquet(balances).with_columns(alike).write_parquet(tmp_path / "alike.parquet")
    out = cli("validate", tmp_path / "alike.parquet").out
    assert "e.g. 'A000' | 'a000'\n" in out
    row = next(line for line in out.splitlines() if line.startswith("TS17"))
    assert row.count("2 accounts") == 1, "the count has a column of its own"


def test_the_verdict_goes_by_the_failures_that_the_settings_allow(
    cli: Cli, one_bad: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_exit = ("validate", one_bad, "--format", "json")
    assert json.loads(cli(*run_exit).assert_exit(ExitCode.OK).out)["run_exit_code"] == 3
    monkeypatch.setenv("FORECAST_MAX_FAILED", "1")
    assert json.loads(cli(*run_exit).assert_exit(ExitCode.OK).out)["run_exit_code"] == 0
    assert cli("validate", one_bad).flat.endswith("5 of 6 accounts; 1 would get no forecast.")
    assert cli("validate", one_bad, "--max-failed", 0).flat.endswith("1 failed, more than --max-failed 0 allows.")


def test_the_verdict_goes_by_the_skipped_accounts_that_the_settings_allow(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, path = pl.read_parquet(balances), tmp_path / "late.parquet"
    pl.concat([rows, rows.head(1).with_columns(pl.col("date").dt.offset_by("1y"))]).write_parquet(path)
    assert cli("validate", path).flat.endswith("1 of 6 accounts; 5 would get no forecast.")
    monkeypatch.setenv("FORECAST_MAX_SKIPPED", "4")
    told = "It would end with exit code 3: 5 skipped, more than --max-skipped 4 allows."
    assert cli("validate", path).assert_exit(ExitCode.OK).flat.endswith(told)
    assert cli("validate", path, "--max-skipped", 5).flat.endswith("1 of 6 accounts; 5 would get no forecast.")


def test_an_input_with_nothing_to_forecast_is_predicted_to_exit_3(cli: Cli, balances: Path) -> None:
    outcome = cli("validate", balances, "--as-of", "2027-01-01").assert_exit(ExitCode.OK)
    assert outcome.flat.endswith(
        "A run would forecast 0 of 6 accounts; 6 would get no forecast. "
        "It would end with exit code 3: nothing to forecast."
    )
    said = json.loads(cli("validate", balances, "--as-of", "2027-01-01", "--format", "json").out)
    assert (said["exit_code"], said["run_exit_code"]) == (0, 3)


def test_one_thing_has_one_word(cli: Cli, balances: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(balances).with_columns(pl.col("balance").cast(pl.Decimal(18, 2)))
    ends = {"A001": date(2026, 2, 1), "A002": date(2026, 4, 20)}
    last = pl.col("account_id").replace_strict(ends, default=None, return_dtype=pl.Date)
    path = tmp_path / "words.parquet"
    rows.filter(last.is_null() | (pl.col("date") <= last)).write_parquet(path)
    lines = cli("validate", path, "--as-of", "2026-04-25").out.splitlines()
    [at] = [line.index("a run would") for line in lines if line.startswith("rule")]
    would = [line[at : at + len("carry forward")].strip() for line in lines if line[:2] in ("SC", "TS")]
    assert would == ["read as float", "leave out", "skip", "carry forward"]
    plan = cli("forecast", path, "--as-of", "2026-04-25", "--output", tmp_path / "out", "--dry-run").flat
    for said in (
        "skipped 1 account: last row",
        "read as float 1 file: numbers",
        "left out 20 rows: after the origin",
        "carried forward 1 account: to the origin",
    ):
        assert said in plan


def test_the_settings_of_the_input_count(cli: Cli, one_bad: Path) -> None:
    outcome = cli("validate", one_bad, "--on-duplicate", "last-row").assert_exit(ExitCode.OK)
    assert "A run would forecast 6 of 6 accounts." in outcome.out


def test_an_input_that_a_run_would_reject_exits_4(cli: Cli, balances: Path, tmp_path: Path) -> None:
    path = tmp_path / "renamed.parquet"
    pl.read_parquet(balances).rename({"balance": "balanse"}).write_parquet(path)
    outcome = cli("validate", path).assert_exit(ExitCode.INPUT_REJECTED)
    assert "SC01" in outcome.out
    assert "--balance-col" in outcome.flat
    assert outcome.out.splitlines()[-1] == "A run would reject this input for 1 reason."


def test_json_holds_everything_and_nothing_else_is_on_stdout(cli: Cli, one_bad: Path) -> None:
    found = json.loads(cli("validate", one_bad, "--format", "json").assert_exit(ExitCode.OK).out)
    assert found["rejected"] is False
    assert found["accounts"] == {"ok": 5, "skipped": 0, "failed": 1}
    [finding] = [finding for finding in found["findings"] if finding["rule"] == "TS03"]
    assert finding["action"] == "set aside"
    assert (finding["count"], finding["unit"]) == (1, "accounts")
    assert finding["share"] == 1 / 6
    assert finding["examples"][0].startswith("A003")


def test_json_lists_up_to_20_examples(cli: Cli, tmp_path: Path) -> None:
    rows = pl.DataFrame({"account_id": [f"B{i:02d}" for i in range(30)], "balance": [1.0] * 30})
    path = tmp_path / "short.parquet"
    rows.with_columns(date=pl.lit("2026-01-01").str.to_date()).write_parquet(path)
    found = json.loads(cli("validate", path, "--format", "json").assert_exit(ExitCode.OK).out)
    [short] = [finding for finding in found["findings"] if finding["rule"] == "TS09"]
    assert short["count"] == 30
    assert len(short["examples"]) == 20


def test_json_of_a_rejection_keeps_its_exit_code(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"not parquet")
    outcome = cli("validate", path, "--format", "json").assert_exit(ExitCode.INPUT_REJECTED)
    found = json.loads(outcome.out)
    assert found["rejected"] is True
    assert found["exit_code"] == 4


def test_nothing_read_is_not_counted_in_noughts(cli: Cli, tmp_path: Path) -> None:
    out = cli("validate", tmp_path / "none.parquet").assert_exit(ExitCode.INPUT_REJECTED).out
    assert " ".join(out.split()).startswith("No file could be read at ")
    [row] = [line for line in out.splitlines() if line.startswith("IN07")]
    assert row.split()[:4] == ["IN07", "-", "-", "reject"]


def test_a_hint_with_code_to_copy_is_not_broken(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("account_id,date,balance\nA,2026-01-01,1\n")
    lines = cli("validate", path).assert_exit(ExitCode.INPUT_REJECTED).out.splitlines()
    [hint] = [line for line in lines if line.startswith("hint:  ")]
    assert hint.endswith('.write_parquet("balances.parquet")')


def test_the_last_line_of_a_log_counts_the_accounts(cli: Cli, one_bad: Path) -> None:
    summary = cli("validate", one_bad, "--log-format", "json").assert_exit(ExitCode.OK).events[-1]
    assert summary["counts"] == {"accounts": 6, "ok": 5, "skipped": 0, "failed": 1}


def test_a_threshold_column_that_a_run_would_refuse_is_refused(
    cli: Cli, balances: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_THRESHOLD", "climit")
    error, hint = cli("forecast", balances, "--output", tmp_path / "o", "--dry-run").err.splitlines()
    assert "no column 'climit' (--threshold)" in error
    outcome = cli("validate", balances).assert_exit(ExitCode.CONFIG_INVALID)
    assert hint in outcome.out.splitlines()
    assert outcome.flat.endswith(f"A run would end with exit code 5: {error.removeprefix('error: ')}")
    said = json.loads(cli("validate", balances, "--format", "json").assert_exit(ExitCode.CONFIG_INVALID).out)
    assert (said["exit_code"], said["run_exit_code"], said["rejected"]) == (5, 5, False)
    logged = cli("validate", balances, "--log-format", "json").assert_exit(ExitCode.CONFIG_INVALID).events[-1]
    assert (logged["run_exit_code"], logged["hint"]) == (5, hint.removeprefix("hint:  "))
