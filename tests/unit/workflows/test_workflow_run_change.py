"""The change since an earlier run: which accounts become likely to run low."""

import shutil
from collections.abc import Callable
from datetime import timedelta

import polars as pl
import pytest
from forecast_runs import balances

from forecast_cli.store.manifest import read_manifest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.run_change import Side, find_previous, measure_change


def test_an_account_is_newly_likely_from_one_half_on(request_of: Callable[..., ForecastRequest]) -> None:
    new = run_forecast(request_of(balances(accounts=3), threshold=("0",))).output
    old, manifest = new.with_name("old"), read_manifest(new)
    shutil.copytree(new, old)
    for output, probability in ((old, 0.49), (new, 0.5)):
        risk = pl.read_parquet(output / "risk.parquet")
        risk.with_columns(prob_below=pl.lit(probability)).write_parquet(output / "risk.parquet")
    [up], [down] = (
        measure_change((before, manifest), Side(after, manifest.settings, manifest.versions)).risk
        for before, after in ((old, new), (new, old))
    )
    assert (up.newly_likely, up.no_longer_likely) == (3, 0)
    assert (down.newly_likely, down.no_longer_likely) == (0, 3)


def test_medians_and_probabilities_are_compared_on_the_last_day_and_window_of_both(
    request_of: Callable[..., ForecastRequest],
) -> None:
    """Account n of 0 to 20 moves by n, down or up in turn; each run has a window of its own, the old one the last day.

    Intervals of 95 % end 5.5 from the old median, those of 80 % at it.
    """
    new = run_forecast(request_of(balances(accounts=21), horizon=30, threshold=("0",))).output
    old, manifest = new.with_name("old"), read_manifest(new)
    rows, risk = pl.read_parquet(new / "forecasts"), pl.read_parquet(new / "risk.parquet")
    [part] = (new / "forecasts").iterdir()
    shutil.copytree(new, old)
    number = pl.col("account_id").str.tail(2).cast(pl.Float64)
    move = number * pl.when(number % 2 == 0).then(-1.0).otherwise(1.0)
    rows = rows.with_columns(median=100.0, lo_80=100.0, hi_80=100.0, lo_95=94.5, hi_95=105.5)
    rows.write_parquet(old / "forecasts" / part.name)
    earlier = rows.filter(pl.col("date") < pl.col("date").max())
    earlier.with_columns(median=100.0 + move).write_parquet(part)
    for output, other, probability in ((old, 14, pl.lit(0.4)), (new, 30, 0.4 + move / 100)):
        some = risk.filter(pl.col("window").is_in([7, other]))
        some.with_columns(prob_below=probability).write_parquet(output / "risk.parquet")
    found = measure_change((old, manifest), Side(new, manifest.settings, manifest.versions))
    medians, [low] = found.medians, found.risk
    assert medians.day == (rows["date"].max() - timedelta(days=1)).isoformat()
    assert (medians.compared, medians.moved, medians.level) == (21, 20, 95.0)
    assert (medians.mean, medians.p95, medians.largest) == (10.0, 19.0, 20.0)
    assert medians.outside_interval == pytest.approx(15 / 21)
    assert (low.days, low.compared) == (7, 21)
    assert (low.mean, low.largest) == pytest.approx((0.1, 0.2))


def test_neither_a_backtest_nor_the_run_itself_is_an_earlier_forecast(
    request_of: Callable[..., ForecastRequest],
) -> None:
    new = run_forecast(request_of(balances(accounts=1))).output
    earlier = new.parent / "nights" / "earlier"
    shutil.copytree(new, earlier)
    found = find_previous(earlier.parent, output=new, origin=None)
    assert found is not None
    assert found[0] == earlier
    assert find_previous(earlier.parent, output=earlier.parent / ".." / "nights" / "earlier", origin=None) is None
    manifest = earlier / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"forecast"', '"backtest"'))
    assert find_previous(earlier.parent, output=new, origin=None) is None
