"""``show`` on the command line: exit codes, the use of stdout and stderr, and hostile ids."""

import json
import re
import shutil
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, Finished, balance_rows, run_in_process

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--jobs", 1, "--quiet")
#: Ids that a terminal, a shell or markup could take for something else.
NAMES = ("<script>", "[/]", "[red]x[/red]", "\x1b[2J", "a\nb", "\u202eabc", "é 1", "-5")
SECTIONS = ("Coming payments", "Level and spending", "Risk of a low balance", "Why")


def forecast_of(cli: Cli, rows: pl.DataFrame, folder: Path, *options: object) -> Path:
    """Forecast ``rows`` and return the output."""
    rows.write_parquet(folder / "rows.parquet")
    done = cli("forecast", folder / "rows.parquet", "--output", folder / "out", *QUICK, *options)
    assert (folder / "out" / "manifest.json").exists(), done.err
    return folder / "out"


@pytest.fixture(scope="module")
def by_auto(balances: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clean accounts, forecast by auto. Look, do not touch."""
    output = tmp_path_factory.mktemp("auto") / "out"
    run_in_process("forecast", balances, "--output", output, *QUICK).assert_exit(ExitCode.OK)
    return output


def test_an_account_is_shown_on_stdout_and_stderr_is_empty(cli: Cli, by_auto: Path) -> None:
    outcome = cli("show", "A002", "--forecast", by_auto).assert_exit(ExitCode.OK)
    assert outcome.err == ""
    assert outcome.out.startswith("Account A002\n")
    assert "status ok: forecast as requested" in outcome.flat
    assert "history 120 days with a balance, 2026-01-01 to 2026-04-30" in outcome.flat
    assert "forecast 30 days ahead from 2026-04-30" in outcome.flat
    assert "Balance: the last 90 days and 30 days ahead" in outcome.out
    assert [line for line in outcome.out.splitlines() if line in SECTIONS] == list(SECTIONS)
    assert "thresholds 0, p10 (" in outcome.out or "not drawn, too far away: 0" in outcome.flat


def test_level_and_spending_of_a_single_day_are_those_of_the_last_day(cli: Cli, tmp_path: Path) -> None:
    two_days = (pl.col("account_id") != "A001") | (pl.col("date") > date(2026, 4, 28))
    output = forecast_of(cli, balance_rows().filter(two_days), tmp_path, "--model", "Naive")
    assert "mean of the last day" in cli("show", "A001", "--forecast", output).assert_exit(ExitCode.OK).flat


@pytest.mark.parametrize(("calendar", "words"), [("GB-ENG", "GB-ENG holidays"), ("none", "no holidays")])
def test_payments_to_come_name_a_calendar_that_is_not_the_usual_one(
    cli: Cli, tmp_path: Path, calendar: str, words: str
) -> None:
    balance_rows().write_parquet(tmp_path / "rows.parquet")
    asked = ("--model", "RecurringEvents", "--holidays", calendar, "--jobs", 1)
    done = cli("forecast", tmp_path / "rows.parquet", "--output", tmp_path / "out", *asked).assert_exit(ExitCode.OK)
    assert f"by RecurringEvents, {words}, with intervals of" in done.flat
    shown = cli("show", "A002", "--forecast", tmp_path / "out").assert_exit(ExitCode.OK)
    assert f"Coming payments, by {words}" in shown.out.splitlines()
    told = json.loads(cli("show", "A002", "--forecast", tmp_path / "out", "--format", "json").out)
    assert told["holidays"] == calendar


def test_payments_that_have_ended_are_listed_with_the_last_one(cli: Cli, tmp_path: Path) -> None:
    """Pay of 500, less the 7 spent each day, comes every Friday until five weeks before the end."""
    days = [date(2026, 1, 1) + timedelta(day) for day in range(150)]
    pay = [500.0 if day.weekday() == 4 and day < date(2026, 4, 25) else 0.0 for day in days]
    balance = [1e4 + sum(pay[: place + 1]) - 7.0 * place for place in range(len(days))]
    rows = pl.DataFrame({"account_id": ["a"] * len(days), "date": days, "balance": balance})
    output = forecast_of(cli, rows, tmp_path, "--model", "RecurringEvents")
    shown = cli("show", "a", "--forecast", output).assert_exit(ExitCode.OK)
    assert "Ended payments, last seen within three months" in shown.out
    assert "2026-04-24 493.00 every Friday" in shown.flat
    document = json.loads(cli("show", "a", "--forecast", output, "--format", "json").assert_exit(ExitCode.OK).out)
    assert [one["last_seen"] for one in document["ended"]] == ["2026-04-24"]


def test_another_model_is_picked_by_name(cli: Cli, finished: Finished) -> None:
    first = cli("show", "A002", "--forecast", finished.output).assert_exit(ExitCode.OK)
    second = cli("show", "A002", "--forecast", finished.output, "--model", "Naive").assert_exit(ExitCode.OK)
    assert "model SeasonalNaive" in first.flat
    assert "model Naive" in second.flat
    assert not {"Why", "Coming payments"} & set(second.out.splitlines())
    assert first.out != second.out


@pytest.mark.parametrize(
    ("asked", "error", "hint"),
    [
        (("A0002",), "no account 'A0002'", "did you mean 'A002'?"),
        (("a002",), "no account 'a002'", "did you mean 'A002'?"),
        (("zzz",), "no account 'zzz'", "the forecast has 6 accounts, such as 'A000'"),
        (("A002", "--model", "Naiv"), "no forecast by model 'Naiv'", "did you mean 'Naive'?"),
        (("A002", "--model", "MSTL"), "no forecast by model 'MSTL'", "its models: SeasonalNaive, Naive"),
        (("A002", "--currency", "USD"), "no currency in their key", "leave --currency out"),
        ((), "ACCOUNT", "see: forecast-cli show --help"),
    ],
)
def test_what_is_not_there_is_a_usage_error(
    cli: Cli, finished: Finished, asked: tuple[str, ...], error: str, hint: str
) -> None:
    outcome = cli("show", *asked, "--forecast", finished.output).assert_error(ExitCode.USAGE, error)
    assert hint in outcome.err
    assert outcome.out == ""


def test_a_folder_that_is_no_finished_forecast_is_reported(cli: Cli, finished: Finished, tmp_path: Path) -> None:
    cli("show", "A002", "--forecast", tmp_path / "nowhere").assert_error(ExitCode.CHECK_FAILED, "no such folder")
    cli("show", "A002", "--forecast", tmp_path).assert_error(ExitCode.CHECK_FAILED, "has no manifest.json")


def test_a_damaged_forecast_is_reported(cli: Cli, finished: Finished, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(finished.output, other)
    (other / "risk.parquet").write_bytes(b"PAR1 and no more")
    cli("show", "A002", "--forecast", other).assert_error(ExitCode.CHECK_FAILED, "risk.parquet: 16 bytes")
    (other / "risk.parquet").unlink()
    outcome = cli("show", "A002", "--forecast", other).assert_error(ExitCode.CHECK_FAILED, "risk.parquet: is missing")
    assert f"forecast-cli check {other}" in outcome.err


@pytest.mark.parametrize("name", ["accounts", "failures", "risk", "events", "learned_scores", "forecasts/part-00000"])
def test_a_flipped_bit_in_a_table_that_is_read_is_refused(cli: Cli, by_auto: Path, tmp_path: Path, name: str) -> None:
    other = tmp_path / "other"
    shutil.copytree(by_auto, other)
    content = bytearray((other / f"{name}.parquet").read_bytes())
    content[len(content) // 3] ^= 4
    (other / f"{name}.parquet").write_bytes(content)
    outcome = cli("show", "A002", "--forecast", other).assert_error(ExitCode.CHECK_FAILED, f"{name}.parquet: content")
    assert f"forecast-cli check {other}" in outcome.err


def test_only_the_part_file_that_holds_the_account_is_verified(cli: Cli, tmp_path: Path) -> None:
    output = forecast_of(cli, balance_rows(), tmp_path, "--model", "Naive", "--shard-size", 1)
    part = output / "forecasts" / "part-00001.parquet"
    held, other = pl.read_parquet(part)["account_id"][0], pl.read_parquet(output / "forecasts" / "part-00002.parquet")
    content = part.read_bytes()
    part.write_bytes(content[:100] + bytes([content[100] ^ 4]) + content[101:])
    cli("show", held, "--forecast", output).assert_error(ExitCode.CHECK_FAILED, "part-00001.parquet: content differs")
    cli("show", other["account_id"][0], "--forecast", output).assert_exit(ExitCode.OK)


def test_a_renamed_column_of_a_part_file_is_refused_as_damage(cli: Cli, by_auto: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(by_auto, other)
    part = other / "forecasts" / "part-00000.parquet"
    part.write_bytes(part.read_bytes().replace(b"step", b"stgp"))
    cli("show", "A002", "--forecast", other).assert_error(ExitCode.CHECK_FAILED, "part-00000.parquet: content differs")


def test_a_skipped_and_a_failed_account_say_their_reason(cli: Cli, tmp_path: Path) -> None:
    rows = balance_rows()
    early = rows.filter((pl.col("account_id") != "A001") | (pl.col("date") < date(2026, 2, 1)))
    twice = rows.filter(pl.col("account_id") == "A003").head(1).with_columns(pl.col("balance") + 1.0)
    output = forecast_of(cli, pl.concat([early, twice]), tmp_path)
    skipped = cli("show", "A001", "--forecast", output).assert_exit(ExitCode.OK)
    assert "status skipped: no forecast" in skipped.flat
    assert "reason stale: last row 2026-01-31 lies 89 days before" in skipped.flat
    failed = cli("show", "A003", "--forecast", output).assert_exit(ExitCode.OK)
    assert "status failed: no forecast: unusable rows, timeout or crash" in failed.flat
    assert "reason " in failed.flat
    assert all(name not in failed.out for name in (*SECTIONS, "Balance:"))


def test_an_account_that_fell_back_says_what_took_the_models_place(cli: Cli, tmp_path: Path) -> None:
    rows = balance_rows()
    young = rows.filter((pl.col("account_id") != "A001") | (pl.col("date") > date(2026, 4, 20)))
    output = forecast_of(cli, young, tmp_path)
    outcome = cli("show", "A001", "--forecast", output).assert_exit(ExitCode.OK)
    assert "status fallback: forecast by a simpler model" in outcome.flat
    assert "model LastValue, in place of auto" in outcome.flat
    assert "flags its history is shorter than a requested model needs" in outcome.flat
    assert "Balance: the last 10 days and 30 days ahead" in outcome.out
    assert "Why" not in outcome.out


def test_json_holds_the_same_facts(cli: Cli, by_auto: Path) -> None:
    outcome = cli("show", "A002", "--forecast", by_auto, "--format", "json").assert_exit(ExitCode.OK)
    told = json.loads(outcome.out)
    rows = pl.read_parquet(by_auto / "forecasts").filter(pl.col("account_id") == "A002")
    risk = pl.read_parquet(by_auto / "risk.parquet").filter(pl.col("account_id") == "A002")
    assert (told["account_id"], told["origin"], told["standing"]["model_used"]) == ("A002", "2026-04-30", "auto")
    assert told["fan"]["median"] == rows["median"].to_list()
    assert told["fan"]["bands"][0]["low"] == rows["lo_80"].to_list()
    assert len(told["history"]["balances"]) == 90
    shown = [window["prob_below"] for one in told["risk"] for window in one["windows"]]
    assert sorted(shown) == sorted(risk["prob_below"].to_list())
    assert [step["days"] for step in told["why"]["steps"]] == [7, 14, 30]


def test_a_log_ends_with_its_summary(cli: Cli, by_auto: Path) -> None:
    outcome = cli("show", "A002", "--forecast", by_auto, "--log-format", "json").assert_exit(ExitCode.OK)
    [summary] = outcome.events
    assert (summary["status"], summary["exit_code"]) == ("ok", 0)
    failed = cli("show", "B", "--forecast", by_auto, "--log-format", "json").assert_exit(ExitCode.USAGE)
    assert (failed.events[-1]["status"], failed.out) == ("error", "")


def test_a_log_holds_no_id_unless_ids_are_to_be_shown(cli: Cli, by_auto: Path) -> None:
    def said(asked: str, *more: str) -> str:
        return cli("show", asked, "--forecast", by_auto, "--log-format", "json", *more).err

    for asked in ("A002", "A0002", "zzz"):
        assert not {asked, "A002", "A000"} & set(re.findall(r"\w+", said(asked)))
    assert "account A002: ok" in said("A002", "--show-ids")
    assert "did you mean 'A002'?" in said("A0002", "--show-ids")


def test_the_option_that_reads_a_changed_input_can_be_copied(cli: Cli, tmp_path: Path) -> None:
    folder = tmp_path / "with blank"
    folder.mkdir()
    output = forecast_of(cli, balance_rows(), folder, "--model", "Naive")
    balance_rows(days=119).write_parquet(folder / "rows.parquet")
    said = json.loads(cli("show", "A002", "--forecast", output, "--format", "json").out)["history_note"]
    assert said.endswith(f"--input '{folder / 'rows.parquet'}'")


def test_without_its_history_the_fan_is_drawn_with_a_note(cli: Cli, tmp_path: Path) -> None:
    output = forecast_of(cli, balance_rows(), tmp_path)
    (tmp_path / "rows.parquet").rename(tmp_path / "moved.parquet")
    gone = cli("show", "A002", "--forecast", output).assert_exit(ExitCode.OK)
    assert "Balance: 30 days ahead" in gone.out
    assert "no longer exists; if it was moved, name it with --input" in gone.flat
    assert "mean balance" not in gone.out
    named = cli("show", "A002", "--forecast", output, "--input", tmp_path / "moved.parquet").assert_exit(ExitCode.OK)
    assert "Balance: the last 90 days and 30 days ahead" in named.out
    assert "History:" not in named.out
    balance_rows(days=119).write_parquet(tmp_path / "rows.parquet")
    assert "has changed since the forecast" in cli("show", "A002", "--forecast", output).flat
    other = cli("show", "A002", "--forecast", output, "--input", tmp_path / "rows.parquet").assert_exit(ExitCode.OK)
    assert "History: read from another input than the forecast." in other.out


def test_an_input_that_was_named_from_another_folder_is_not_said_to_be_gone(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    balance_rows().write_parquet(tmp_path / "rows.parquet")
    monkeypatch.chdir(tmp_path)
    cli("forecast", "rows.parquet", "--output", "out", "--model", "Naive", *QUICK).assert_exit(ExitCode.OK)
    assert "History:" not in cli("show", "A002", "--forecast", "out").out
    monkeypatch.chdir("/")
    shown = cli("show", "A002", "--forecast", tmp_path / "out").flat
    assert "the input rows.parquet does not exist below this folder; name it with --input" in shown


def test_an_input_that_cannot_be_read_is_rejected(cli: Cli, by_auto: Path, tmp_path: Path) -> None:
    asked = ("show", "A002", "--forecast", by_auto, "--input")
    cli(*asked, tmp_path / "nowhere.parquet").assert_error(ExitCode.INPUT_REJECTED, "nowhere.parquet")
    balance_rows().rename({"balance": "amount"}).write_parquet(tmp_path / "other.parquet")
    outcome = cli(*asked, tmp_path / "other.parquet").assert_error(ExitCode.INPUT_REJECTED, "no column 'balance'")
    assert (
        "hint:  the columns have the names that the forecasts were made with: account_id, date, balance" in outcome.err
    )
    assert "--balance-col" not in outcome.err


@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_line_fits_the_terminal(cli: Cli, by_auto: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    outcome = cli("show", "A002", "--forecast", by_auto).assert_exit(ExitCode.OK)
    lines = outcome.out.splitlines()
    assert max(map(len, lines)) <= width
    assert "\x1b" not in outcome.out
    assert any("┤" in line and len(line) > width / 2 for line in lines)


def test_colours_are_for_terminals_and_not_where_they_are_unwanted(
    cli: Cli, by_auto: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast_cli.cli.streams.is_terminal", lambda _stream: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[36m" in cli("show", "A002", "--forecast", by_auto).assert_exit(ExitCode.OK).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[3" not in cli("show", "A002", "--forecast", by_auto).assert_exit(ExitCode.OK).out


def test_plain_ascii_where_the_encoding_knows_no_more(cli_apart: Cli, by_auto: Path) -> None:
    env = {"PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    outcome = cli_apart("show", "A002", "--forecast", by_auto, env=env).assert_exit(ExitCode.OK)
    assert outcome.out.isascii()
    assert "* balance; o median; : 80 % interval" in outcome.out
    assert "\\u" not in outcome.out


@pytest.fixture(scope="module")
def oddly_named(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = balance_rows(accounts=len(NAMES))
    named = pl.col("account_id").replace_strict(sorted(rows["account_id"].unique()), NAMES)
    return forecast_of(run_in_process, rows.with_columns(named), tmp_path_factory.mktemp("named"), "--model", "Naive")


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_data(cli: Cli, oddly_named: Path, name: str) -> None:
    output = oddly_named
    outcome = cli("show", "--forecast", output, "--", name).assert_exit(ExitCode.OK)
    shown = name.encode("unicode_escape").decode() if not name.isprintable() else name
    assert outcome.out.splitlines()[0] == f"Account {shown}"
    assert json.loads(cli("show", "--forecast", output, "--format", "json", "--", name).out)["account_id"] == name
    as_shown = cli("show", "--forecast", output, "--", shown).assert_exit(ExitCode.OK)
    assert as_shown.out == outcome.out
    wrong = cli("show", "--forecast", output, "--", name + "?").assert_error(ExitCode.USAGE, "no account")
    assert "\x1b" not in wrong.err
    assert f"did you mean '{shown}'?" in wrong.err


def test_an_account_with_an_origin_of_its_own_is_shown_from_there(cli: Cli, tmp_path: Path) -> None:
    rows = balance_rows().filter((pl.col("account_id") != "A001") | (pl.col("date") < date(2026, 4, 1)))
    output = forecast_of(cli, rows, tmp_path, "--model", "Naive", "--origin", "account")
    told = json.loads(cli("show", "A001", "--forecast", output, "--format", "json").assert_exit(ExitCode.OK).out)
    days = (told["origin"], told["history"]["dates"][-1], told["fan"]["dates"][0])
    assert days == ("2026-03-31", "2026-03-31", "2026-04-01")


def test_an_input_that_got_damaged_since_leaves_the_fan(cli: Cli, tmp_path: Path) -> None:
    output = forecast_of(cli, balance_rows(), tmp_path, "--model", "Naive")
    content = (tmp_path / "rows.parquet").read_bytes()
    (tmp_path / "rows.parquet").write_bytes(content[:4] + bytes(400) + content[404:])
    outcome = cli("show", "A002", "--forecast", output).assert_exit(ExitCode.OK)
    assert "Balance: 30 days ahead" in outcome.out
    assert "has changed since" in outcome.flat


def test_ids_that_are_numbers_are_typed_as_numbers(cli: Cli, tmp_path: Path) -> None:
    numbers = pl.col("account_id").str.tail(3).cast(pl.Int64) + 7
    output = forecast_of(cli, balance_rows().with_columns(account_id=numbers), tmp_path, "--model", "Naive")
    assert json.loads(cli("show", "9", "--forecast", output, "--format", "json").out)["account_id"] == 9
    assert "Balance: the last 90 days" in cli("show", "9", "--forecast", output).out
    cli("show", "nine", "--forecast", output).assert_error(ExitCode.USAGE, "no account 'nine'")


def test_an_account_of_several_currencies_needs_one_named(cli: Cli, tmp_path: Path) -> None:
    two = [
        balance_rows().with_columns(balance=pl.col("balance") * k, currency=pl.lit(n))
        for k, n in ((1, "EUR"), (3, "USD"))
    ]
    output = forecast_of(cli, pl.concat(two), tmp_path, "--model", "Naive", "--currency-col", "currency")
    outcome = cli("show", "A002", "--forecast", output).assert_error(ExitCode.USAGE, "several currencies: EUR, USD")
    assert "--currency EUR" in outcome.err
    cli("show", "A002", "--forecast", output, "--currency", "GBP").assert_error(ExitCode.USAGE, "no currency 'GBP'")
    euro, dollar = (
        json.loads(cli("show", "A002", "--forecast", output, "--currency", name, "--format", "json").out)
        for name in ("EUR", "USD")
    )
    assert (euro["currency"], dollar["currency"]) == ("EUR", "USD")
    assert dollar["history"]["balances"] == [3 * balance for balance in euro["history"]["balances"]]
    assert dollar["fan"]["median"] == [3 * balance for balance in euro["fan"]["median"]]


def test_statsforecast_is_left_alone(by_auto: Path) -> None:
    import subprocess

    code = (
        "import sys; from pathlib import Path; from forecast_cli.workflows.show import explain_account as explain; "
        "from forecast_cli.workflows.explanation import ShowRequest; import forecast_cli.cli.views.show; "
        f"explain(ShowRequest('A002', Path({str(by_auto)!r}))); "
        "print([name for name in ('statsforecast', 'sklearn', 'altair') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
