"""Several currencies on the command line: amounts of any size are shown in full, and never mixed."""

import json
from pathlib import Path

import polars as pl
import pytest
from cli_harness import Cli, balance_rows, run_in_process

from forecast_cli.core.exit_codes import ExitCode

QUICK = ("--model", "Naive", "--jobs", 1, "--quiet", "--currency-col", "currency")
#: What one unit of the made balances is worth in each currency.
SCALES = {"BTC": 1e-8, "IDR": 1e10, "KWD": 1.0}


def currency_rows() -> pl.DataFrame:
    """Return balances of two accounts, each in three currencies, with a threshold just under the last."""
    scaled = [
        balance_rows(2).with_columns(balance=pl.col("balance") * scale, currency=pl.lit(currency))
        for currency, scale in SCALES.items()
    ]
    last = pl.col("balance").last().over("account_id", "currency")
    return pl.concat(scaled).with_columns(floor=last * 0.999)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of two nights, the second with a tenth more in each account. Look, do not touch."""
    folder = tmp_path_factory.mktemp("currencies")
    rows = currency_rows()
    rows.write_parquet(folder / "old.parquet")
    rows.with_columns(pl.col("balance") * 1.1).write_parquet(folder / "new.parquet")
    for name, rest in (("old", ()), ("new", ("--previous", folder / "old"))):
        asked = (folder / f"{name}.parquet", "--output", folder / name, "--threshold", "floor", *QUICK, *rest)
        run_in_process("forecast", *asked).assert_exit(ExitCode.OK)
    return folder


def test_a_narrow_list_of_risks_keeps_the_currency_of_each_amount(cli: Cli, outputs: Path) -> None:
    outcome = cli("risk", outputs / "old", "--least", 0).assert_exit(ExitCode.OK)
    shown = [line.split()[:2] for line in outcome.out.splitlines() if line.startswith("  A00")]
    assert sorted(shown) == [[account, currency] for account in ("A000", "A001") for currency in sorted(SCALES)]


def test_an_account_with_large_amounts_is_shown_without_a_digit_or_a_title_cut_off(cli: Cli, outputs: Path) -> None:
    outcome = cli("show", "A001", "--currency", "IDR", "--forecast", outputs / "old").assert_exit(ExitCode.OK)
    risk = pl.read_parquet(outputs / "old" / "risk.parquet").filter(account_id="A001", currency="IDR")
    rows = [line.split() for line in outcome.out.splitlines() if line.endswith(f"{risk['days_below'][0]:.1f}")]
    assert f"{risk['expected_low'][0]:,.2f}" in rows[0]
    assert f"{risk['low_q05'][0]:,.2f}" in rows[0]
    assert "days probability low 5 % low under" in outcome.flat


def test_runs_are_compared_within_each_currency(cli: Cli, outputs: Path) -> None:
    asked = ("runs", "diff", outputs / "old", outputs / "new")
    found = json.loads(cli(*asked, "--format", "json").assert_exit(ExitCode.OK).out)["numbers"]["distances"]
    assert [one["currency"] for one in found] == sorted(SCALES)
    old, new = (
        pl.read_parquet(outputs / name / "forecasts").sort("account_id", "currency", "date") for name in ("old", "new")
    )
    for one in found:
        apart = (new.filter(currency=one["currency"])["mean"] - old.filter(currency=one["currency"])["mean"]).abs()
        assert (one["largest"], one["average"]) == (pytest.approx(apart.max()), pytest.approx(apart.mean()))
        assert [account for account, _ in one["accounts"]] == ["A001", "A000"], "the furthest first"
    said = cli(*asked).assert_exit(ExitCode.OK).flat
    assert all(f"mean moved by ({currency})" in said for currency in SCALES)


def test_medians_of_several_currencies_have_no_mean(outputs: Path) -> None:
    medians = json.loads((outputs / "new" / "metrics.json").read_text())["change"]["medians"]
    assert (medians["compared"], medians["moved"]) == (6, 6)
    assert [medians[name] for name in ("mean", "p95", "largest")] == [None] * 3


def test_the_currency_to_name_can_be_copied_into_a_shell(cli: Cli, tmp_path: Path) -> None:
    rows = [balance_rows(1).with_columns(currency=pl.lit(currency)) for currency in (" EUR", "USD")]
    pl.concat(rows).write_parquet(tmp_path / "rows.parquet")
    cli("forecast", tmp_path / "rows.parquet", "--output", tmp_path / "out", *QUICK).assert_exit(ExitCode.OK)
    outcome = cli("show", "A000", "--forecast", tmp_path / "out").assert_error(ExitCode.USAGE, "several currencies")
    assert "hint:  name one: --currency ' EUR'" in outcome.err
