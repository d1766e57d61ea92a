"""The change since an earlier run: which accounts become likely to run low."""

import shutil
from collections.abc import Callable

import polars as pl
from forecast_runs import balances

from forecast_cli.store.read import read_manifest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.run_change import Side, measure_change


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
