"""``auto`` over whole runs: it learns from all accounts, and from nothing after a cutoff."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from made_balances import balances
from polars.testing import assert_frame_equal

from forecast_cli.config.choices import Align
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError, OutputBusyError
from forecast_cli.core.progress import NullProgress
from forecast_cli.data.contract.past import Past
from forecast_cli.data.sample.block import generate_block
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.store.layout import LEARNED_SCORES, RUNNING
from forecast_cli.store.lock import output_lock
from forecast_cli.workflows import running
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

BASE = {"model": ("auto",), "currency_col": "currency", "jobs": 1, "horizon": 14, "max_failed": 99}
Forecasts = Callable[..., pl.DataFrame]


@pytest.fixture(scope="module")
def accounts() -> pl.DataFrame:
    return generate_block(SampleSpec(accounts=40, days=360, seed=3), 0, 40).with_columns(pl.col("account_id", "date"))


def forecast_in(
    folder: Path, frame: pl.DataFrame, name: str, *, backtest: bool = False, **values: object
) -> pl.DataFrame:
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    request = ForecastRequest(str(path), folder / name, Settings(**(BASE | values)))  # type: ignore[arg-type]
    (run_backtest if backtest else run_forecast)(request)
    return forecasts_of(folder / name)


def forecasts_of(output: Path) -> pl.DataFrame:
    return pl.read_parquet(output / "forecasts" / "*.parquet")


@pytest.fixture
def forecasts(tmp_path: Path) -> Forecasts:
    return partial(forecast_in, tmp_path)


@pytest.fixture(scope="module")
def whole(accounts: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run over all accounts. Look, do not touch."""
    folder = tmp_path_factory.mktemp("auto")
    forecast_in(folder, accounts, "whole")
    return folder / "whole"


def learned_windows(folder: Path) -> int:
    return int(pl.read_parquet(folder / LEARNED_SCORES)["windows"][0])


def test_an_input_of_no_account_that_can_be_forecast_ends_with_all_set_aside(
    accounts: pl.DataFrame, forecasts: Forecasts
) -> None:
    empty = accounts.head(50).with_columns(balance=pl.lit(None, dtype=pl.Float64))
    assert forecasts(empty, "empty", origin="account").is_empty()


def test_levels_that_are_published_change_no_other_number(
    accounts: pl.DataFrame, forecasts: Forecasts, tmp_path: Path
) -> None:
    few, many = forecasts(accounts, "few", level=(80,)), forecasts(accounts, "many", level=(10, 50, 80, 95, 99.9))
    assert few.equals(many.select(few.columns))
    risks = [pl.read_parquet(tmp_path / name / "risk.parquet") for name in ("few", "many")]
    assert risks[0].equals(risks[1])


def test_a_run_says_what_it_does_from_its_first_step_on(accounts: pl.DataFrame, tmp_path: Path) -> None:
    said: list[tuple[str, str | None]] = []

    class Listener(NullProgress):
        def start(self, description: str, total: int | None = None, unit: str = "account") -> None:
            said.append((description, f"{total} {unit}s" if total else None))

    accounts.write_parquet(tmp_path / "in.parquet")
    request = ForecastRequest(str(tmp_path / "in.parquet"), tmp_path / "out", Settings(**BASE))  # type: ignore[arg-type]
    run_forecast(request, Listener())
    assert said == [
        ("Checking the input", None),
        ("Learning from the past", None),
        ("Forecasting", "40 accounts"),
        ("Writing the tables", None),
    ]


def test_a_backtest_forecasts_as_was_forecast_at_the_cutoff(accounts: pl.DataFrame, forecasts: Forecasts) -> None:
    asked = {"windows": 2, "step": 30, "align": Align.AS_OF, "level": (20.0, 40.0, 60.0, 80.0)}
    replayed = forecasts(accounts, "backtest", backtest=True, **asked)
    numbers = ["account_id", "date", "mean", "median", "lo_80", "hi_80"]
    for cutoff in replayed["cutoff"].unique():
        known = accounts.filter(pl.col("date") <= cutoff)
        then = forecasts(known, f"at-{cutoff}", as_of=cutoff, level=asked["level"])
        at = replayed.filter(pl.col("cutoff") == cutoff).select(numbers)
        both = at.join(then.select(numbers), on=["account_id", "date"], how="inner", suffix="_then")
        assert both.height == at.height
        for name in numbers[2:]:
            assert both[name].equals(both[f"{name}_then"].alias(name)), (cutoff, name)


def test_a_backtest_learns_from_first_months_only_if_it_forecasts_any(
    accounts: pl.DataFrame, forecasts: Forecasts, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[Learned] = []

    def here(_doing: str, function: Callable[..., Learned], *arguments: object, context: object) -> Learned:
        learned.append(function(*arguments))
        return learned[-1]

    monkeypatch.setattr(running, "run_in_child_process", here)
    asked = {"backtest": True, "windows": 1, "horizon": 7}
    from_30, from_31 = (forecasts(accounts, f"from-{days}", min_train=days, **asked) for days in (30, 31))
    assert [len(one.first_month) for one in learned] == [len(learned[0].vintages), 0]
    older = from_30.join(from_31, on=("account_id", "cutoff", "date"), how="semi")
    assert_frame_equal(older, from_31)
    forecasts(accounts, "of-30", max_history=30, min_train=31, **asked)
    assert learned[-1].first_month, "histories are cut to their last 30 days"


def test_it_has_learned_something_then(
    accounts: pl.DataFrame, forecasts: Forecasts, whole: Path, tmp_path: Path
) -> None:
    own = forecasts(accounts.filter(pl.col("account_id") <= "acc-0000002"), "alone")
    assert learned_windows(tmp_path / "alone") < 200 <= learned_windows(whole)
    both = own.join(forecasts_of(whole), on=["account_id", "date"], suffix="_whole")
    assert both.height == own.height
    assert not both["median"].equals(both["median_whole"].alias("median"))


def test_a_leak_planted_in_learning_is_found(
    accounts: pl.DataFrame, forecasts: Forecasts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def last_of_all(past: Past, _day: np.datetime64) -> np.ndarray:
        return past.panel.origins.astype("datetime64[D]").astype(np.int64)

    def here(_doing: str, function: Callable[..., object], *arguments: object, context: object) -> object:
        return function(*arguments)

    monkeypatch.setattr(Past, "last_before", last_of_all)
    monkeypatch.setattr(running, "run_in_child_process", here)
    with pytest.raises(AssertionError, match=r"median|mean"):
        test_a_backtest_forecasts_as_was_forecast_at_the_cutoff(accounts, forecasts)


def test_same_bytes_whatever_the_workers_the_rows_and_the_shards(
    accounts: pl.DataFrame, forecasts: Forecasts, whole: Path, tmp_path: Path
) -> None:
    for name, frame, values in (
        ("shuffled", accounts.sample(fraction=1.0, shuffle=True, seed=1), {}),
        ("workers", accounts, {"jobs": 2, "shard_size": 10}),
        ("shards", accounts, {"shard_size": 7}),
    ):
        assert_frame_equal(forecasts(frame, name, **values), forecasts_of(whole), check_exact=True)
        assert (tmp_path / name / LEARNED_SCORES).read_bytes() == (whole / LEARNED_SCORES).read_bytes()


def test_some_accounts_get_the_same_numbers_with_what_all_taught(
    accounts: pl.DataFrame, forecasts: Forecasts, whole: Path
) -> None:
    few = accounts.filter(pl.col("account_id").is_in(["acc-0000001", "acc-0000005", "acc-0000011"]))
    as_of = accounts["date"].max()
    some = forecasts(few, "some", as_of=as_of, fitted=str(whole))
    among_all = forecasts_of(whole).filter(pl.col("account_id").is_in(some["account_id"].unique()))
    assert_frame_equal(some, among_all, check_exact=True)
    shorter = forecasts(few, "shorter", as_of=as_of, fitted=str(whole), horizon=7)
    assert_frame_equal(shorter, some.filter(pl.col("step") <= 7), check_exact=True)


def test_what_was_learned_is_not_used_beyond_its_horizon_or_where_there_is_none(
    accounts: pl.DataFrame, forecasts: Forecasts, whole: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="learned for 14 days ahead, but 30 are to be forecast"):
        forecasts(accounts, "longer", fitted=str(whole), horizon=30)
    with pytest.raises(ConfigError, match="holds no learned part"):
        forecasts(accounts, "nothing", fitted=str(tmp_path))
    with pytest.raises(ConfigError, match="gone: no such folder"):
        forecasts(accounts, "nothing", fitted=str(tmp_path / "gone"))
    assert not (tmp_path / "nothing").exists()


def test_what_was_learned_is_not_replaced_by_the_run_that_reads_it(
    request_of: Callable[..., ForecastRequest], tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "out")
    asked = request_of(balances(), fitted=str(tmp_path / "link"))
    with pytest.raises(ConfigError, match="is the output, which --force removes"):
        run_forecast(replace(asked, force=True))


def test_what_an_unfinished_run_learned_is_not_used(
    accounts: pl.DataFrame, forecasts: Forecasts, tmp_path: Path
) -> None:
    unfinished = tmp_path / "unfinished"
    (unfinished / RUNNING).mkdir(parents=True)
    with pytest.raises(ConfigError, match=r"--fitted .*unfinished: holds a run that was cut off"):
        forecasts(accounts, "nothing", fitted=str(unfinished))
    with output_lock(unfinished), pytest.raises(OutputBusyError, match=r"--fitted .*unfinished: another run"):
        forecasts(accounts, "nothing", fitted=str(unfinished))


def test_what_was_learned_after_an_origin_is_not_used_for_it(
    accounts: pl.DataFrame, forecasts: Forecasts, whole: Path
) -> None:
    early = accounts.filter(pl.col("date") <= date(2026, 3, 31))
    then = forecasts(early, "then", fitted=str(whole))
    alone = forecasts(early.filter(pl.col("account_id") == "acc-0000001"), "alone", as_of=early["date"].max())
    assert_frame_equal(then.filter(pl.col("account_id") == "acc-0000001"), alone, check_exact=True)
