"""``--log-format json``: every line of stderr is a JSON object, and the last one is the summary."""

import json
import re
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Finished, Outcome, balance_rows

from forecast_cli.core.errors import OutputBusyError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import hash_id

JSON = ("--log-format", "json")
QUICK = ("--model", "Naive", "--horizon", 5, "--jobs", 1)


def last(outcome: Outcome) -> dict[str, object]:
    *before, summary = outcome.events
    assert all({"event", "level", "message", "time"} <= set(event) for event in [*before, summary])
    assert summary["event"] == "summary"
    assert {"status", "exit_code", "counts", "manifest", "seconds"} <= set(summary)
    assert all(event["event"] != "summary" for event in before)
    assert summary["exit_code"] == outcome.exit_code
    assert summary["seconds"] >= 0
    return summary


def test_a_run_logs_its_progress_and_then_a_summary(cli: Cli, balances: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    outcome = cli("forecast", balances, "--output", output, *QUICK, *JSON).assert_exit(ExitCode.OK)
    summary = last(outcome)
    assert summary["status"] == "ok"
    assert summary["manifest"] == str(output / "manifest.json")
    assert json.loads((output / "manifest.json").read_text())["fingerprint"] == summary["fingerprint"]
    counts = {"accounts": 6, "ok": 6, "fallback": 0, "skipped": 0, "failed": 0, "forecast_rows": 30}
    assert summary["counts"] == counts
    progress = [event for event in outcome.events if event["event"] == "progress"]
    assert progress[-1]["done"] == progress[-1]["total"] == 6
    assert outcome.out == "", "the summary object says it all"


def test_quiet_leaves_the_summary_object_alone(cli: Cli, balances: Path, tmp_path: Path) -> None:
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, *JSON, "-q").assert_exit(ExitCode.OK)
    assert [event["event"] for event in outcome.events] == ["summary"]


@pytest.mark.usefixtures("undrawn")
def test_a_score_counts_the_accounts_of_the_forecasts_that_are_gone(cli: Cli, balances: Path, tmp_path: Path) -> None:
    cli("forecast", balances, "--output", tmp_path / "run", "--as-of", "2026-04-20", *QUICK).assert_exit(ExitCode.OK)
    left = pl.read_parquet(balances).filter(pl.col("account_id") != pl.col("account_id").max())
    left.write_parquet(tmp_path / "left.parquet")
    asked = (tmp_path / "left.parquet", "--forecast", tmp_path / "run", "--output", tmp_path / "score", "--jobs", 1)
    counts = {"accounts": 5, "ok": 5, "fallback": 0, "skipped": 0, "failed": 0, "absent": 1, "windows": 5}
    assert last(cli("score", *asked, *JSON))["counts"] == counts | {"forecast_rows": 25}


def test_failed_accounts_are_a_failed_run(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    outcome = cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK, *JSON)
    summary = last(outcome.assert_exit(ExitCode.ACCOUNTS_FAILED))
    assert (summary["status"], summary["level"]) == ("failed", "error")
    assert summary["counts"]["failed"] == 1
    [group] = summary["failures"]
    assert (group["status"], group["count"]) == ("failed", 1)
    assert "A003" not in outcome.err
    [example] = group["examples"]
    assert re.fullmatch(r"id:[0-9a-f]{16}", example)


def test_ids_are_shown_where_asked_for_and_hashed_alike_under_one_key(
    cli: Cli, one_bad: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def examples(*more: str) -> list[str]:
        outcome = cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK, *JSON, *more)
        assert all(event["event"] != "warning" for event in outcome.events)
        return last(outcome)["failures"][0]["examples"]  # type: ignore[index,no-any-return]

    assert examples("--show-ids") == ["A003"]
    monkeypatch.setenv("FORECAST_ID_KEY", "a key for tests")
    hashed = examples()
    assert hashed == examples() == [hash_id("A003")]
    monkeypatch.setenv("FORECAST_ID_KEY", "another key for tests")
    assert hashed != examples()


def test_a_warning_and_a_rejection_name_the_input_and_an_account(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    rejected = ("forecast", one_bad, "--output", tmp_path / "none", *QUICK, "--on-duplicate", "fail")
    cli(*rejected).assert_error(ExitCode.INPUT_REJECTED, f"{one_bad}: 1 account: two balances for one day, e.g. A003 [")
    assert "A003" not in cli(*rejected, *JSON).err
    source = tmp_path / "in.parquet"
    balance_rows().with_columns(pl.col("account_id").replace("A001", "a000")).write_parquet(source)
    warned = ("forecast", source, "--output", tmp_path / "out", *QUICK, "--force")
    assert f"warning: {source}: 2 accounts: ids that differ in case" in cli(*warned).err
    assert "'A000' | 'a000'" in cli(*warned).err
    assert "000'" not in cli(*warned, *JSON).err


def test_a_balance_is_in_no_log(cli: Cli, tmp_path: Path) -> None:
    huge = pl.when(pl.col("account_id") == "A001").then(7.123e17).otherwise("balance")
    rows = balance_rows().with_columns(balance=huge)
    rows.write_parquet(tmp_path / "balances.parquet")
    said = cli("forecast", tmp_path / "balances.parquet", "--output", tmp_path / "out", *QUICK)
    assert "A001: balance 7" in said.flat, "people are told why"
    for more in ((), ("--show-ids",)):
        outcome = cli("forecast", tmp_path / "balances.parquet", "--output", tmp_path / "out", *QUICK, *JSON, *more)
        assert "7.123" not in outcome.err
        assert "7123" not in outcome.err
        assert "712,3" not in outcome.err
        assert "balance #, expected at most #" in last(outcome)["failures"][0]["message"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "retryable"),
    [
        (["forecast", "none.parquet", "--output", "out"], ExitCode.INPUT_REJECTED, False),
        (["forecast", "none.parquet"], ExitCode.USAGE, False),
        (["forecast", "none.parquet", "--output", "out", "--level", "0"], ExitCode.CONFIG_INVALID, False),
        (["check", "none"], ExitCode.CHECK_FAILED, False),
        (["froecast"], ExitCode.USAGE, False),
    ],
    ids=["rejected", "usage", "config", "check", "command"],
)
def test_an_error_sums_up_too(
    cli: Cli,
    arguments: list[str],
    exit_code: ExitCode,
    retryable: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = cli(*arguments, *JSON).assert_exit(exit_code)
    summary = last(outcome)
    assert (summary["status"], summary["level"], summary["retryable"]) == ("error", "error", retryable)
    assert summary["message"]
    assert summary["hint"]
    assert outcome.out == ""


def test_an_output_that_another_run_holds_may_be_tried_again(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def busy(output: Path) -> None:
        raise OutputBusyError(f"{output}: another run holds this output", "wait for it to finish")

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", busy)
    assert last(cli("check", tmp_path, *JSON).assert_exit(ExitCode.OUTPUT_BUSY))["retryable"] is True


def test_the_log_format_may_be_given_with_an_equals_sign(cli: Cli) -> None:
    assert last(cli("check", "none", "--log-format=json"))["status"] == "error"
    assert cli("check", "none", "--log-format=text").err.startswith("error: ")


def test_a_bug_keeps_its_traceback_in_the_object(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(output: Path) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("forecast_cli.workflows.check.run_check", broken)
    summary = last(cli("check", tmp_path, *JSON).assert_exit(ExitCode.BUG))
    assert str(summary["traceback"]).endswith("ZeroDivisionError: by zero\n")


def test_a_warning_is_an_object(cli: Cli, finished: Finished, balances: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_HORIZN", "3")
    outcome = cli("validate", balances, *JSON).assert_exit(ExitCode.OK)
    warning, summary = outcome.events
    assert (warning["event"], warning["level"]) == ("warning", "warning")
    assert "FORECAST_HORIZN" in warning["message"]
    assert summary["counts"]["ok"] == 6
    assert outcome.out != "", "the table is the result, and stays on stdout"


def test_a_check_and_a_dry_run_and_a_sample_sum_up(
    cli: Cli, finished: Finished, balances: Path, tmp_path: Path
) -> None:
    assert last(cli("check", finished.output, *JSON))["counts"] == {
        "accounts": 6,
        "forecast_rows": 360,
        "files": 5,
        "problems": 0,
    }
    plan = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--dry-run", *JSON)
    assert last(plan)["output_state"] == "new"
    assert "nothing was written" in plan.out
    sample = cli("sample", "--accounts", 3, "--days", 9, "--output", tmp_path / "s", *JSON)
    assert last(sample)["counts"]["accounts"] == 3
    assert sample.out == ""
