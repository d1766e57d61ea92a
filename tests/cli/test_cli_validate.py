"""The data contract on the command line."""

import json
from pathlib import Path

import polars as pl
from cli_harness import Cli

from forecast_cli.core.exit_codes import ExitCode


def test_a_clean_input_exits_0_with_a_verdict(cli: Cli, balances: Path) -> None:
    outcome = cli("validate", balances).expect(ExitCode.OK)
    assert "720 rows in 1 file" in outcome.flat
    assert outcome.out.splitlines()[-1] == "A run would forecast 6 of 6 accounts."
    assert outcome.err == ""


def test_the_table_says_rule_count_share_and_what_a_run_would_do(cli: Cli, one_bad: Path) -> None:
    outcome = cli("validate", one_bad).expect(ExitCode.OK)
    header = next(line for line in outcome.out.splitlines() if line.startswith("rule"))
    assert header.split() == ["rule", "count", "share", "a", "run", "would", "what"]
    row = next(line for line in outcome.out.splitlines() if line.startswith("TS03"))
    assert "1 account" in row
    assert "set it aside" in row
    assert "A003" in outcome.flat
    assert outcome.out.splitlines()[-1] == "A run would forecast 5 of 6 accounts, 1 would get none."


def test_the_settings_of_the_input_count(cli: Cli, one_bad: Path) -> None:
    outcome = cli("validate", one_bad, "--on-duplicate", "last-row").expect(ExitCode.OK)
    assert "A run would forecast 6 of 6 accounts." in outcome.out


def test_an_input_that_a_run_would_reject_exits_4(cli: Cli, balances: Path, tmp_path: Path) -> None:
    path = tmp_path / "renamed.parquet"
    pl.read_parquet(balances).rename({"balance": "balanse"}).write_parquet(path)
    outcome = cli("validate", path).expect(ExitCode.INPUT_REJECTED)
    assert "SC01" in outcome.out
    assert "--balance-col" in outcome.flat
    assert outcome.out.splitlines()[-1] == "A run would reject this input: 1 reason."


def test_json_holds_everything_and_nothing_else_is_on_stdout(cli: Cli, one_bad: Path) -> None:
    found = json.loads(cli("validate", one_bad, "--format", "json").expect(ExitCode.OK).out)
    assert found["rejected"] is False
    assert found["accounts"] == {"ok": 5, "fallback": 0, "skipped": 0, "failed": 1}
    [finding] = [finding for finding in found["findings"] if finding["rule"] == "TS03"]
    assert finding["action"] == "set aside"
    assert (finding["count"], finding["unit"]) == (1, "accounts")
    assert finding["share"] == 1 / 6
    assert finding["examples"][0].startswith("A003")


def test_json_lists_up_to_20_examples(cli: Cli, tmp_path: Path) -> None:
    rows = pl.DataFrame({"account_id": [f"B{i:02d}" for i in range(30)], "balance": [1.0] * 30})
    path = tmp_path / "short.parquet"
    rows.with_columns(date=pl.lit("2026-01-01").str.to_date()).write_parquet(path)
    found = json.loads(cli("validate", path, "--format", "json").expect(ExitCode.OK).out)
    [short] = [finding for finding in found["findings"] if finding["rule"] == "TS09"]
    assert short["count"] == 30
    assert len(short["examples"]) == 20


def test_json_of_a_rejection_keeps_its_exit_code(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"not parquet")
    outcome = cli("validate", path, "--format", "json").expect(ExitCode.INPUT_REJECTED)
    found = json.loads(outcome.out)
    assert found["rejected"] is True
    assert found["exit_code"] == 4
