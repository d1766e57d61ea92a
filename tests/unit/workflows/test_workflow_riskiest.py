"""The accounts likeliest to run low: who is listed, in what order, and what is counted besides."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, UsageError
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.riskiest import RiskiestRequest, find_riskiest

#: Days of history; every balance swings by ten round its account's level.
DAYS = 60
LEVELS = {"a": 5.0, "b": -40.0, "c": 1000.0, "d": 1.0, "e": 9.0}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five accounts about nothing, far above and far under it. Look, do not touch."""
    folder = tmp_path_factory.mktemp("risk")
    days = pl.date_range(date(2026, 1, 1), date(2026, 3, 1), eager=True)
    assert len(days) == DAYS
    rows = [
        pl.DataFrame({"account_id": name, "date": days, "balance": [level + (9, -9)[day % 2] for day in range(DAYS)]})
        for name, level in LEVELS.items()
    ]
    pl.concat(rows).write_parquet(folder / "rows.parquet")
    settings = Settings(model=("Naive", "SeasonalNaive"), threshold=("0", "p10", "-20"), jobs=1)
    run_forecast(ForecastRequest(str(folder / "rows.parquet"), folder / "out", settings))
    return folder / "out"


def rows_of(output: Path, threshold: str = "0", window: int = 30, model: str = "Naive") -> pl.DataFrame:
    risk = pl.read_parquet(output / "risk.parquet")
    return risk.filter(threshold_name=threshold, window=window, model=model)


def test_the_balance_on_the_origin_stands_beside_each_risk(output: Path) -> None:
    risk = pl.read_parquet(output / "risk.parquet")
    told = dict(risk.select("account_id", "balance").unique().iter_rows())
    assert told == {name: level - 9 for name, level in LEVELS.items()}


def test_the_likeliest_come_first_and_those_under_already_are_counted_apart(output: Path) -> None:
    found = find_riskiest(RiskiestRequest(output, least=0.0))
    rows = rows_of(output)
    above = rows.filter(pl.col("balance") >= 0).sort("prob_below", descending=True)
    assert [one.account_id for one in found.found] == above["account_id"].to_list()
    assert [one.prob_below for one in found.found] == above["prob_below"].to_list()
    assert (found.accounts, found.under, found.likely) == (len(LEVELS), 3, 2)
    assert (found.model, found.threshold, found.within, found.origin) == ("Naive", "0", 30, date(2026, 3, 1))


def test_an_account_is_told_as_the_table_has_it(output: Path) -> None:
    (one,) = find_riskiest(RiskiestRequest(output, threshold="p10", within=7, most=1, least=0.0, under=True)).found
    row = rows_of(output, "p10", 7).row(by_predicate=pl.col("account_id") == one.account_id, named=True)
    assert (one.balance, one.threshold, one.prob_below) == (row["balance"], row["threshold"], row["prob_below"])
    assert one.first_below == tuple(row[f"first_below_q{share}"] for share in (10, 50, 90))
    assert (one.expected_low, one.low_q05, one.days_below) == tuple(
        row[name] for name in ("expected_low", "low_q05", "days_below")
    )
    assert one.currency is None


def test_only_those_likely_enough_are_listed_and_no_more_than_asked_for(output: Path) -> None:
    probabilities = sorted(rows_of(output)["prob_below"], reverse=True)
    least = probabilities[2]
    every = find_riskiest(RiskiestRequest(output, least=least, under=True))
    assert [one.prob_below for one in every.found] == [value for value in probabilities if value >= least]
    first = find_riskiest(RiskiestRequest(output, least=least, most=1, under=True))
    assert first.found == every.found[:1]
    assert (first.listed, first.likely) == (every.listed, every.likely) == (len(every.found), every.likely)


def test_each_model_and_threshold_has_its_own_list(output: Path) -> None:
    asked = find_riskiest(RiskiestRequest(output, threshold="-20", model="SeasonalNaive", least=0.0, under=True))
    rows = rows_of(output, "-20", 30, "SeasonalNaive").sort("prob_below", descending=True)
    assert [one.prob_below for one in asked.found] == rows["prob_below"].to_list()
    assert asked.under == 1


@pytest.mark.parametrize(
    ("asked", "said", "hint"),
    [
        ({"threshold": "p11"}, "no threshold 'p11'", "did you mean 'p10'?"),
        ({"threshold": "credit"}, "no threshold 'credit'", "it was asked for 0, p10, -20"),
        ({"within": 10}, "no window of 10 days", "it has 7, 14, 30"),
        ({"model": "Naiv"}, "no forecast by 'Naiv'", "did you mean 'Naive'?"),
    ],
)
def test_what_the_run_was_not_asked_for_is_told_with_what_it_has(
    output: Path, asked: dict[str, object], said: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        find_riskiest(RiskiestRequest(output, **asked))  # type: ignore[arg-type]
    assert raised.value.hint == hint


def test_a_damaged_table_is_a_failed_check(output: Path, tmp_path: Path) -> None:
    copy = tmp_path / "out"
    copy.mkdir()
    for path in output.rglob("*"):
        target = copy / path.relative_to(output)
        target.mkdir() if path.is_dir() else target.write_bytes(path.read_bytes())
    (copy / "risk.parquet").write_bytes(b"PAR1")
    with pytest.raises(CheckFailedError, match="a table cannot be read"):
        find_riskiest(RiskiestRequest(copy))
