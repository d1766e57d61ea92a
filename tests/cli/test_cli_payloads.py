"""TS19: ids with markup or control codes are ordinary data, and are escaped in every stream and file."""

import glob
import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Outcome, balance_rows, run_in_process

from forecast_cli.cli.views.next_steps import read_command
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
    look(cli("forecast", payloads, "--output", output, *QUICK)).assert_exit(ExitCode.ACCOUNTS_FAILED)
    look(cli("forecast", payloads, "--output", output, *QUICK, "--max-failed", 9)).assert_exit(ExitCode.OK)
    look(cli("validate", payloads))
    look(cli("check", output)).assert_exit(ExitCode.OK)
    look(cli("runs", "diff", output, output)).assert_exit(ExitCode.OK)
    written = set(pl.read_parquet(output / "accounts.parquet")["account_id"])
    assert written == {*PAYLOADS, *(f"{payload}!" for payload in PAYLOADS)}, "the tables hold ids as they came"
    assert all(re.fullmatch(r"[\w.-]+", path.name) for path in output.rglob("*")), "no id is a path"


@pytest.fixture(scope="module")
def by_auto(payloads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything a forecast can write, by accounts with such ids. Look, do not touch."""
    folder = tmp_path_factory.mktemp("auto")
    outcome = run_in_process(
        *("forecast", payloads, "--output", folder / "out", "--horizon", 7, "--jobs", 1, "--max-failed", 9),
        *("--metrics", folder / "out.prom"),
    )
    look(outcome).assert_exit(ExitCode.OK)
    return folder / "out"


def test_TS19_tables_hold_ids_unchanged_and_text_files_hold_none(by_auto: Path) -> None:
    known = {*PAYLOADS, *(f"{payload}!" for payload in PAYLOADS)}
    tables = [path for path in by_auto.glob("*.parquet") if "learned" not in path.name]
    assert {path.name for path in tables} == {"accounts.parquet", "events.parquet", "failures.parquet", "risk.parquet"}
    assert all(set(pl.read_parquet(path)["account_id"]) <= known for path in tables)
    for path in (by_auto / "metrics.json", by_auto.with_suffix(".prom"), *by_auto.glob("learned_*")):
        content = path.read_bytes()
        assert not [payload for payload in PAYLOADS if payload.encode() in content], path.name


@pytest.mark.parametrize("payload", PAYLOADS, ids=range(len(PAYLOADS)))
def test_TS19_an_account_is_shown_by_such_an_id(cli: Cli, by_auto: Path, payload: str) -> None:
    look(cli("show", payload, "--forecast", by_auto)).assert_exit(ExitCode.OK)
    told = json.loads(
        look(cli("show", payload, "--forecast", by_auto, "--format", "json")).assert_exit(ExitCode.OK).out
    )
    assert told["account_id"] == payload
    look(cli("show", f"{payload}?", "--forecast", by_auto)).assert_error(ExitCode.USAGE)


def test_an_output_may_have_a_name_that_is_a_glob_or_a_hive_folder_s(cli: Cli, balances: Path, tmp_path: Path) -> None:
    folder = tmp_path / "[a-z]*" / "day=2026-01-01"
    output, replayed = folder / "out[1]", folder / "backtest"
    previous = ("--previous", folder)
    told = cli("forecast", balances, "--output", output, *QUICK, *previous, "--metrics", tmp_path / "f").assert_exit(
        ExitCode.OK
    )
    assert "day" not in pl.read_parquet(output / "accounts.parquet", glob=False, hive_partitioning=False).columns
    cli("backtest", balances, "--output", replayed, *QUICK, *REPLAY).assert_exit(ExitCode.OK)
    for path in (output, replayed):
        cli("check", path).assert_exit(ExitCode.OK)
        cli("runs", "diff", path, path).assert_exit(ExitCode.OK)
    cli("show", "A001", "--forecast", output).assert_exit(ExitCode.OK)
    cli("compare", replayed, replayed).assert_exit(ExitCode.OK)
    assert str(pl.read_parquet(f"{glob.escape(str(output))}/forecasts/*.parquet").height) in told.flat
    assert glob.escape(str(output)) in read_command(output, "forecasts/*.parquet")


@pytest.mark.parametrize("form", ["table", "json"])
def test_TS19_folders_with_such_names_are_reported(cli: Cli, by_auto: Path, tmp_path: Path, form: str) -> None:
    runs = tmp_path / "\x1b[2J]\u202e\nerror: three"
    shutil.copytree(by_auto, runs / "=cmd<script>\r\n")
    shutil.copytree(by_auto, runs / "other")
    for command in (("list", runs), ("show", runs / "other"), ("diff", *runs.iterdir()), ("prune", runs, "--keep", 1)):
        look(cli("runs", *command, "--format", form)).assert_exit(ExitCode.OK)
    look(cli("doctor", runs / "other", "--format", form))
    look(cli("check", runs / "other")).assert_exit(ExitCode.OK)


def test_TS19_columns_with_such_names_are_reported(cli: Cli, payloads: Path, tmp_path: Path) -> None:
    column, file = "limit<script>alert(1)</script>\x1b[2J\u202e|`", tmp_path / "balances.parquet"
    rows = pl.read_parquet(payloads).with_columns(pl.lit(900.0).alias(column), pl.lit(PAYLOADS[0]).alias("kind"))
    rows.write_parquet(file)
    asked = (*QUICK, "--max-failed", 9, "--threshold", column)
    output, prom = tmp_path / "out", tmp_path / "out.prom"
    look(cli("forecast", file, "--output", output, *asked, "--metrics", prom)).assert_exit(ExitCode.OK)
    assert not UNSAFE.search(prom.read_text(encoding="utf-8"))
    look(cli("runs", "show", output)).assert_exit(ExitCode.OK)
    replayed = tmp_path / "replayed"
    segments = ("--segment", "kind", "--segment", column)
    look(cli("backtest", file, "--output", replayed, *asked, *REPLAY, *segments)).assert_exit(ExitCode.OK)
    html, markdown = ((replayed / f"report.{kind}").read_text(encoding="utf-8") for kind in ("html", "md"))
    assert "<script>alert" not in html
    assert not re.search(r"(?<!\\)<script", markdown)
    assert not UNSAFE.search(html)
    assert not UNSAFE.search(markdown)


def test_json_is_one_document_or_one_object_a_line(cli: Cli, payloads: Path, tmp_path: Path) -> None:
    logged = ("--log-format", "json", "--show-ids")
    outcome = look(cli("forecast", payloads, "--output", tmp_path / "out", *QUICK, *logged))
    [*_, summary] = outcome.events
    assert set(summary["failures"][0]["examples"]) <= {f"{payload}!" for payload in PAYLOADS}
    json.loads(look(cli("validate", payloads, "--format", "json")).out)


def test_the_reports_of_a_backtest(cli: Cli, payloads: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    look(cli("backtest", payloads, "--output", output, *QUICK, *REPLAY, "--max-failed", 9)).assert_exit(ExitCode.OK)
    html, markdown = ((output / f"report.{kind}").read_text(encoding="utf-8") for kind in ("html", "md"))
    assert "<script>alert" not in html
    assert not re.search(r"(?<!\\)<script", markdown)
    assert not UNSAFE.search(html)
    assert not UNSAFE.search(markdown)
    assert "{{7*7}}" in html or "49" not in re.findall(r"bold\]\S+", html)
    json.loads((output / "report.json").read_text(encoding="utf-8"))
    for form in ("table", "json", "md", "github", "junit"):
        look(cli("compare", output, output, "--format", form)).assert_exit(ExitCode.OK)
