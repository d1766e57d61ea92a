"""TS19 in every stream and file: ids that would act where they are shown are ordinary data, escaped for each place."""

import json
import re
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Outcome, balance_rows

from forecast_cli.core.exit_codes import ExitCode

PAYLOADS = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\x1b[2J\x1b]0;owned\x07",
    "abc\u202ecba\u2066x",
    "one\ntwo\r\nerror: three",
    "nul\x00tab\t[bold]{{7*7}}",
)
QUICK = ("--model", "Naive", "--model", "SeasonalNaive", "--horizon", 5, "--jobs", 1)
REPLAY = ("--windows", 1, "--step", 5, "--min-train", 30)
UNSAFE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six accounts with such ids, and each twice as one that fails: two balances for one day."""
    rows = balance_rows(accounts=len(PAYLOADS))
    old = sorted(rows["account_id"].unique())
    named = rows.with_columns(pl.col("account_id").replace_strict(old, PAYLOADS))
    failing = named.with_columns(pl.col("account_id") + "!")
    twice = failing.group_by("account_id").first().select(named.columns).with_columns(pl.col("balance") + 1.0)
    path = tmp_path_factory.mktemp("payloads") / "balances.parquet"
    pl.concat([named, failing, twice]).write_parquet(path)
    return path


def look(outcome: Outcome) -> Outcome:
    """Fail where a stream holds what drives a terminal, or a line that data began."""
    for text in (outcome.out, outcome.err):
        assert not UNSAFE.search(text), repr(text)
        assert not re.search(r"^(?:two|error: three)", text, re.MULTILINE)
    return outcome


def test_the_streams_and_tables_of_a_forecast(cli: Cli, payloads: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    look(cli("forecast", payloads, "--output", output, *QUICK)).expect(ExitCode.ACCOUNTS_FAILED)
    look(cli("forecast", payloads, "--output", output, *QUICK, "--max-failed", 9)).expect(ExitCode.OK)
    look(cli("validate", payloads))
    look(cli("check", output)).expect(ExitCode.OK)
    look(cli("runs", "diff", output, output)).expect(ExitCode.OK)
    written = set(pl.read_parquet(output / "accounts.parquet")["account_id"])
    assert written == {*PAYLOADS, *(f"{payload}!" for payload in PAYLOADS)}, "the tables hold ids as they came"
    assert all(re.fullmatch(r"[\w.-]+", path.name) for path in output.rglob("*")), "no id is a path"


def test_json_is_one_document_or_one_object_a_line(cli: Cli, payloads: Path, tmp_path: Path) -> None:
    logged = ("--log-format", "json", "--show-ids")
    outcome = look(cli("forecast", payloads, "--output", tmp_path / "out", *QUICK, *logged))
    [*_, summary] = outcome.events
    assert set(summary["failures"][0]["examples"]) <= {f"{payload}!" for payload in PAYLOADS}
    json.loads(look(cli("validate", payloads, "--format", "json")).out)


def test_the_reports_of_a_backtest(cli: Cli, payloads: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    look(cli("backtest", payloads, "--output", output, *QUICK, *REPLAY, "--max-failed", 9)).expect(ExitCode.OK)
    html, markdown = ((output / f"report.{kind}").read_text(encoding="utf-8") for kind in ("html", "md"))
    assert "<script>alert" not in html
    assert not re.search(r"(?<!\\)<script", markdown)
    assert not UNSAFE.search(html)
    assert not UNSAFE.search(markdown)
    assert "{{7*7}}" in html or "49" not in re.findall(r"bold\]\S+", html)
    json.loads((output / "report.json").read_text(encoding="utf-8"))
    for form in ("table", "json", "md", "github", "junit"):
        look(cli("compare", output, output, "--format", form)).expect(ExitCode.OK)
