"""The accounts most likely to run low: which are listed, in what order, and the counts of the others."""

import hashlib
import io
import json
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.config.choices import Origin
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, UsageError
from forecast_cli.core.risk_columns import RISK_COLUMNS
from forecast_cli.store.manifest import read_manifest
from forecast_cli.workflows.check_risk import risk_invariants
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


def test_the_likeliest_come_first_and_those_already_under_are_counted_separately(output: Path) -> None:
    found = find_riskiest(RiskiestRequest(output, least=0.0))
    rows = rows_of(output)
    above = rows.filter(pl.col("balance") >= 0).sort("prob_below", descending=True)
    assert [one.account_id for one in found.found] == above["account_id"].to_list()
    assert [one.prob_below for one in found.found] == above["prob_below"].to_list()
    assert (found.accounts, found.under, found.likely) == (len(LEVELS), 3, 2)
    assert (found.model, found.threshold_name, found.window, found.origin) == ("Naive", "0", 30, date(2026, 3, 1))


def test_an_account_is_returned_as_it_is_in_the_table(output: Path) -> None:
    (one,) = find_riskiest(
        RiskiestRequest(output, threshold="p10", window=7, most=1, least=0.0, include_under=True)
    ).found
    row = rows_of(output, "p10", 7).row(by_predicate=pl.col("account_id") == one.account_id, named=True)
    assert (one.balance, one.threshold, one.prob_below) == (row["balance"], row["threshold"], row["prob_below"])
    names = [name for name in RISK_COLUMNS if name not in ("window", "threshold_name")]
    assert [getattr(one, name) for name in names] == [row[name] for name in names]
    assert (one.currency, one.origin, one.model_used, one.flags) == (None, date(2026, 3, 1), "Naive", ("zero_width",))
    assert one.under == (row["balance"] < row["threshold"])


def test_only_those_likely_enough_are_listed_and_no_more_than_asked_for(output: Path) -> None:
    probabilities = sorted(rows_of(output)["prob_below"], reverse=True)
    least = probabilities[2]
    every = find_riskiest(RiskiestRequest(output, least=least, include_under=True))
    under = set(rows_of(output).filter(pl.col("balance") < 0)["account_id"])
    assert {one.account_id for one in every.found if one.prob_below < least} <= under
    assert [one.prob_below for one in every.found if one.prob_below >= least] == [
        value for value in probabilities if value >= least
    ]
    first = find_riskiest(RiskiestRequest(output, least=least, most=1, include_under=True))
    assert first.found == every.found[:1]
    assert first.matching == every.matching == len(every.found)


def test_each_model_and_threshold_has_its_own_list(output: Path) -> None:
    asked = find_riskiest(
        RiskiestRequest(output, threshold="-20", model="SeasonalNaive", least=0.0, include_under=True)
    )
    rows = rows_of(output, "-20", 30, "SeasonalNaive").sort("prob_below", descending=True)
    assert [one.prob_below for one in asked.found] == rows["prob_below"].to_list()
    assert asked.under == 1


@pytest.mark.parametrize(
    ("asked", "said", "hint"),
    [
        (
            {"threshold": "p11"},
            "no threshold 'p11'",
            "did you mean 'p10'? If not, run the forecast again with --threshold p11",
        ),
        (
            {"threshold": "credit"},
            "no threshold 'credit'",
            "name one of 0, p10, -20, or run the forecast again with --threshold credit",
        ),
        ({"window": 10}, "no window of 10 days", "name one of 7, 14, 30"),
        ({"model": "Naiv"}, "no forecast by model 'Naiv'", "did you mean 'Naive'?"),
    ],
)
def test_a_threshold_window_or_model_that_the_run_lacks_is_refused_with_those_it_has(
    output: Path, asked: dict[str, object], said: str, hint: str
) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        find_riskiest(RiskiestRequest(output, **asked))  # type: ignore[arg-type]
    assert raised.value.hint == hint


def test_an_amount_is_the_same_however_it_is_written(output: Path) -> None:
    assert find_riskiest(RiskiestRequest(output, threshold="-20.0")).threshold_name == "-20"


@pytest.fixture
def copied(output: Path, tmp_path: Path) -> Path:
    shutil.copytree(output, tmp_path / "out")
    return tmp_path / "out"


def rewrite(output: Path, content: bytes) -> None:
    """Replace the risk table as a run would have written it: with its checksum in the manifest."""
    (output / "risk.parquet").write_bytes(content)
    manifest = json.loads((output / "manifest.json").read_text())
    [entry] = [entry for entry in manifest["files"] if entry["path"] == "risk.parquet"]
    entry |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (output / "manifest.json").write_text(json.dumps(manifest))


def test_a_table_of_another_version_is_a_failed_check(copied: Path) -> None:
    content = io.BytesIO()
    pl.read_parquet(copied / "risk.parquet").drop("balance").write_parquet(content)
    rewrite(copied, content.getvalue())
    with pytest.raises(CheckFailedError, match="has no column 'balance': another version wrote it"):
        find_riskiest(RiskiestRequest(copied))


def test_of_equally_likely_accounts_those_that_cross_earlier_come_first(copied: Path) -> None:
    half = {"a": date(2026, 3, 9), "b": None, "c": date(2026, 3, 5), "d": date(2026, 3, 9), "e": date(2026, 3, 2)}
    crossed = pl.col("account_id").replace_strict(half, return_dtype=pl.Date)
    content = io.BytesIO()
    risk = pl.read_parquet(copied / "risk.parquet")
    risk.with_columns(prob_below=0.6, first_below_q50=crossed).write_parquet(content)
    rewrite(copied, content.getvalue())
    found = find_riskiest(RiskiestRequest(copied, include_under=True)).found
    assert [one.account_id for one in found] == ["e", "c", "a", "d", "b"]


@pytest.mark.parametrize("name", ["risk.parquet", "accounts.parquet", "failures.parquet"])
def test_a_table_with_a_byte_that_a_run_did_not_write_is_a_failed_check(copied: Path, name: str) -> None:
    content = bytearray((copied / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copied / name).write_bytes(content)
    with pytest.raises(CheckFailedError, match=rf"{name}: content differs from what was written") as raised:
        find_riskiest(RiskiestRequest(copied))
    assert raised.value.hint == f"see: forecast-cli check {copied}"


def test_a_check_reports_balances_that_differ(copied: Path) -> None:
    risk, accounts = pl.read_parquet(copied / "risk.parquet"), pl.read_parquet(copied / "accounts.parquet")
    settings = read_manifest(copied).settings

    def told(rows: pl.DataFrame) -> list[str]:
        return [damage.problem for damage in risk_invariants(rows.lazy(), accounts, settings)]

    assert told(risk) == []
    odd = (pl.col("account_id") == "c") & (pl.col("window") == 30)
    moved = risk.with_columns(balance=pl.when(odd).then(pl.col("balance") + 1).otherwise("balance"))
    assert told(moved) == [f"{moved.filter(odd).height} rows with another balance than the first row of their account"]


def test_a_table_that_cannot_be_read_is_a_failed_check(copied: Path) -> None:
    rewrite(copied, b"PAR1")
    with pytest.raises(CheckFailedError, match="a table cannot be read"):
        find_riskiest(RiskiestRequest(copied))


def test_accounts_without_figures_are_counted_and_replacement_models_are_named(tmp_path: Path) -> None:
    """Of four accounts one is stale, in a shard of its own, one too short for the models, and one ends early."""
    days = pl.date_range(date(2026, 1, 1), date(2026, 3, 1), eager=True)
    rows = [
        pl.DataFrame({"account_id": "old", "date": days.head(5).dt.offset_by("-2y"), "balance": 5.0}),
        pl.DataFrame({"account_id": "short", "date": days.tail(2), "balance": [3.0, 4.0]}),
        pl.DataFrame({"account_id": "late", "date": days.head(DAYS - 3), "balance": 6.0}),
        pl.DataFrame({"account_id": "whole", "date": days, "balance": [float(day % 7) for day in range(DAYS)]}),
    ]
    pl.concat(rows).write_parquet(tmp_path / "rows.parquet")
    settings = Settings(model=("Naive", "SeasonalNaive"), shard_size=1, jobs=1)
    run_forecast(ForecastRequest(str(tmp_path / "rows.parquet"), tmp_path / "out", settings))
    told = find_riskiest(RiskiestRequest(tmp_path / "out", least=0.0))
    assert (told.accounts, told.without) == (4, 1)
    used = sorted((one.account_id, one.model_used) for one in told.found)
    assert used == [("late", "Naive"), ("short", "LastValue"), ("whole", "Naive")]
    assert {one.account_id for one in told.found if "short" in one.flags} == {"short"}
    assert {one.origin for one in told.found} == {date(2026, 3, 1)}


def test_accounts_with_an_origin_of_their_own_say_which(tmp_path: Path) -> None:
    days = pl.date_range(date(2026, 1, 1), date(2026, 3, 1), eager=True)
    rows = [
        pl.DataFrame({"account_id": name, "date": days.dt.offset_by(f"-{back}d"), "balance": [5.0, 9.0] * (DAYS // 2)})
        for name, back in (("a", 0), ("b", 10))
    ]
    pl.concat(rows).write_parquet(tmp_path / "rows.parquet")
    settings = Settings(model=("Naive",), origin=Origin.ACCOUNT, jobs=1)
    run_forecast(ForecastRequest(str(tmp_path / "rows.parquet"), tmp_path / "out", settings))
    told = find_riskiest(RiskiestRequest(tmp_path / "out", least=0.0))
    assert told.origin is None
    assert {one.account_id: one.origin for one in told.found} == {"a": date(2026, 3, 1), "b": date(2026, 2, 19)}
