"""Scoring: one long table, the same for rows in any order, and the days that count."""

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast_cli.core.columns import quantile_columns
from forecast_cli.evaluation.bootstrap import bootstrap_means
from forecast_cli.evaluation.metrics import BY_LEVEL, METRICS, Combine, combine, metrics_of
from forecast_cli.evaluation.report import StepScore
from forecast_cli.evaluation.scoring import DayScores, long_scores, score_days
from forecast_cli.evaluation.steps import add_tallies, score_steps

LEVELS = (20.0, 40.0, 60.0, 80.0, 99.5)
CUTOFF = date(2026, 1, 31)
KEYS = ["unique_id"]


def forecast_rows(*, accounts: int = 3, h: int = 4, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    n = accounts * 2 * h
    quantiles = np.sort(rng.normal(100, 50, (n, 2 * len(LEVELS) + 1)), axis=1)
    columns = zip(quantile_columns(LEVELS), quantiles.T, strict=True)
    steps = np.tile(np.arange(1, h + 1), accounts * 2)
    return pl.DataFrame(
        {
            "unique_id": np.repeat([f"A{row}" for row in range(accounts)], 2 * h),
            "cutoff": [CUTOFF] * n,
            "ds": [CUTOFF + timedelta(days=int(step)) for step in steps],
            "step": steps,
            "model": np.tile(np.repeat(["z", "a"], h), accounts),
            "mean": rng.normal(100, 50, n),
            **dict(columns),
            "y": np.repeat(rng.normal(100, 50, (accounts, 1, h)), 2, axis=1).ravel(),
        }
    )


def window_rows(*scales: float | None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "unique_id": [f"A{row}" for row in range(len(scales))],
            "cutoff": [CUTOFF] * len(scales),
            "n_train": [200] * len(scales),
            "scale": pl.Series(scales, dtype=pl.Float64),
            "scale_rms": pl.Series(scales, dtype=pl.Float64) * 2,
        }
    )


def days_of(rows: pl.DataFrame, windows: pl.DataFrame, keys: list[str] = KEYS) -> DayScores:
    return score_days(rows, windows, levels=LEVELS, keys=keys)


def scores_of(rows: pl.DataFrame, windows: pl.DataFrame, keys: list[str] = KEYS) -> pl.DataFrame:
    return long_scores(days_of(rows, windows, keys).figures, metrics_of(LEVELS))


def value_of(scores: pl.DataFrame, metric: str, account: str = "A0", model: str = "a") -> float | None:
    return scores.filter(unique_id=account, model=model, metric=metric)["value"].item()


def test_every_window_has_every_metric_once_in_one_order() -> None:
    scores = scores_of(forecast_rows(), window_rows(10.0, None, 3.0))
    names = list(metrics_of(LEVELS))
    assert scores.columns == ["unique_id", "model", "cutoff", "metric", "value"]
    assert scores["metric"].to_list() == names * 6
    assert scores.select("unique_id", "model").unique(maintain_order=True).rows() == [
        (f"A{row}", model) for row in range(3) for model in "az"
    ]


def test_names_are_the_ones_that_others_read() -> None:
    names = list(metrics_of(LEVELS))
    assert len(names) == len(METRICS) + len(LEVELS) * len(BY_LEVEL) + 2 * len(LEVELS) + 1
    assert {
        "mae", "mase", "rmse", "rmsse", "wape", "bias", "crps", "scrps", "coverage_80", "width_80", "swidth_80",
        "winkler_80", "coverage_99.5", "pinball_0.1", "pinball_0.5", "pinball_0.0025", "pinball_0.9975",
    } <= set(names)  # fmt: skip


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.randoms(use_true_random=False))
def test_rows_in_any_order_give_the_same_bits(seed: int, random: object) -> None:
    rows, windows = forecast_rows(seed=seed), window_rows(10.0, None, 3.0)
    order = list(range(rows.height))
    random.shuffle(order)  # type: ignore[attr-defined]
    want = scores_of(rows, windows)
    got = scores_of(rows[order], windows.reverse())
    assert got.equals(want)
    assert days_of(rows[order], windows.reverse()).steps.equals(days_of(rows, windows).steps)


@pytest.mark.parametrize("unknown", [None, float("nan")])
def test_days_beyond_the_truth_count_in_no_metric(unknown: float | None) -> None:
    rows, windows = forecast_rows(), window_rows(10.0, 10.0, 3.0)
    beyond = pl.when(pl.col("step") <= 2).then("y").otherwise(pl.lit(unknown, dtype=pl.Float64)).alias("y")
    got = scores_of(rows.with_columns(beyond), windows)
    assert got.equals(scores_of(rows.filter(pl.col("step") <= 2), windows))


def test_windows_without_a_scale_have_no_scaled_metric_and_all_others() -> None:
    scores = scores_of(forecast_rows(), window_rows(10.0, None, 3.0))
    nulls = set(scores.filter(pl.col("value").is_null())["metric"])
    scaled = {"mase", "rmsse", "sbias", "scrps"} | {
        f"{name}_{level:g}" for name in ("swidth", "swinkler") for level in LEVELS
    }
    assert nulls == scaled
    assert set(scores.filter(pl.col("value").is_null())["unique_id"]) == {"A1"}
    steps = steps_of(days_of(forecast_rows(), window_rows(10.0, None, 3.0)).steps)
    assert [step.windows for step in steps] == [2] * 8


def test_accounts_of_one_id_in_two_currencies_are_two() -> None:
    rows = pl.concat(
        [
            forecast_rows(accounts=1, seed=seed).with_columns(currency=pl.lit(name))
            for seed, name in enumerate(("EUR", "USD"))
        ]
    )
    windows = pl.concat(
        [window_rows(scale).with_columns(currency=pl.lit(name)) for scale, name in ((2.0, "EUR"), (None, "USD"))]
    )
    scores = scores_of(rows, windows, ["unique_id", "currency"])
    assert scores.columns[:4] == ["unique_id", "currency", "model", "cutoff"]
    assert scores.filter(metric="scrps")["value"].is_null().to_list() == [False, False, True, True]
    told = days_of(rows, windows, ["unique_id", "currency"]).steps
    assert set(told["windows"]) == set(told["accounts"]) == {1}


def test_a_balance_of_zero_throughout_has_no_wape() -> None:
    scores = scores_of(forecast_rows().with_columns(y=pl.lit(0.0)), window_rows(1.0, 1.0, 1.0))
    assert value_of(scores, "wape") is None
    assert value_of(scores, "mean_abs_y") == 0


@given(st.floats(0.001, 1e4))
@settings(max_examples=20)
def test_scaled_metrics_do_not_change_with_the_unit_of_balances(unit: float) -> None:
    rows, windows = forecast_rows(), window_rows(10.0, 7.0, 3.0)
    money = ["mean", "y", *quantile_columns(LEVELS)]
    scaled = scores_of(
        rows.with_columns(pl.col(money) * unit), windows.with_columns(pl.col("scale", "scale_rms") * unit)
    )
    names = ["mase", "rmsse", "sbias", "scrps", "swidth_80", "swinkler_80", "coverage_80", "wape"]
    before = scores_of(rows, windows).filter(pl.col("metric").is_in(names))
    after = scaled.filter(pl.col("metric").is_in(names))
    assert after["value"].to_list() == pytest.approx(before["value"].to_list(), rel=1e-9)


def test_coverage_counts_both_ends_of_an_interval() -> None:
    rows = forecast_rows(accounts=1).with_columns(y=pl.when(pl.col("step") % 2 == 0).then("lo_80").otherwise("hi_80"))
    scores = scores_of(rows, window_rows(1.0))
    assert value_of(scores, "coverage_80") == 1
    assert value_of(scores, "coverage_60") == 0
    assert value_of(scores, "winkler_80") == value_of(scores, "width_80")


def steps_of(*tallies: pl.DataFrame, mixed: bool = False) -> list[StepScore]:
    return list(score_steps(add_tallies(tallies), metrics_of(LEVELS), mixed=mixed, seed=0))


def test_steps_of_shards_become_values_of_the_report() -> None:
    names = [pl.col("unique_id") + text for text in ("-1", "-2")]
    several = pl.concat(forecast_rows(accounts=40, seed=seed).with_columns(name) for seed, name in enumerate(names))
    windows = pl.concat(window_rows(*range(1, 41)).with_columns(name) for name in names)
    first = pl.col("unique_id").str.ends_with("1")
    shards = [days_of(several.filter(own), windows.filter(own)).steps for own in (first, ~first)]
    steps = steps_of(*shards)
    assert [(step.model, step.step) for step in steps] == [(model, step) for model in "az" for step in (1, 2, 3, 4)]
    assert {(step.accounts, step.windows) for step in steps} == {(80, 80)}
    whole = steps_of(days_of(several, windows).steps)
    for one, other in zip(steps, whole, strict=True):
        assert set(one.metrics) == set(metrics_of(LEVELS))
        for name, found in one.metrics.items():
            want = other.of(name)
            assert (found.value, found.low, found.high) == pytest.approx((want.value, want.low, want.high)), name
            assert found.low <= found.value <= found.high
    assert steps[0].of("scrps").low < steps[0].of("scrps").value < steps[0].of("scrps").high


def test_the_interval_of_a_step_is_as_wide_as_that_over_single_accounts() -> None:
    rows, windows = forecast_rows(accounts=1_500, h=1), window_rows(*[10.0] * 1_500)
    days = days_of(rows, windows)
    single = days.figures.filter(model="a")["scrps"].to_numpy()
    want = bootstrap_means(single, np.arange(1_500))
    got = steps_of(days.steps)[0].of("scrps")
    assert got.value == pytest.approx(want.value)
    assert got.high - got.low == pytest.approx(want.high - want.low, rel=0.2)


def test_steps_are_over_the_windows_that_all_models_forecast_anywhere() -> None:
    rows, windows = forecast_rows(), window_rows(10.0, 7.0, 3.0)
    lacking = rows.filter((pl.col("model") == "z") | (pl.col("unique_id") != "A1"))
    both = rows.filter(pl.col("unique_id") != "A1")
    assert steps_of(days_of(lacking, windows).steps) == steps_of(days_of(both, windows).steps)
    alone = [days_of(lacking.filter(pl.col("unique_id") == name), windows).steps for name in ("A0", "A1", "A2")]
    assert [step.windows for step in steps_of(*alone)] == [2] * 8
    never = days_of(rows.filter(pl.col("model") == "z"), windows).steps
    assert [(step.model, step.windows) for step in steps_of(never)] == [("z", 3)] * 4


def test_steps_of_several_currencies_have_no_figure_in_units() -> None:
    step = steps_of(days_of(forecast_rows(), window_rows(10.0, 7.0, 3.0)).steps, mixed=True)[0]
    lacking = {name for name, found in step.metrics.items() if np.isnan(found.value)}
    assert lacking == {name for name, metric in metrics_of(LEVELS).items() if metric.in_units}


def test_no_rows_have_no_scores() -> None:
    none = forecast_rows().clear()
    assert scores_of(none, window_rows(1.0)).height == 0
    assert steps_of(days_of(none, window_rows(1.0)).steps) == []


def test_metrics_combine_values_by_mean_root_or_share_of_the_balance() -> None:
    mean, size = np.array([2.25, 9.0]), np.array([4.5, 0.0])
    assert combine(Combine.MEAN, mean, size).tolist() == [2.25, 9.0]
    assert combine(Combine.ROOT_MEAN, mean, size).tolist() == [1.5, 3.0]
    np.testing.assert_array_equal(combine(Combine.OF_BALANCE, mean, size), [0.5, np.nan])


DIGESTS = """
import hashlib, sys
import polars as pl
sys.path.insert(0, {folder!r})
import test_evaluation_scoring as t

rows, windows = t.forecast_rows(accounts=2_000, h=30), t.window_rows(*range(1, 2_001))
days = t.days_of(rows, windows)
print(pl.thread_pool_size())
for table in (days.figures, days.steps, t.add_tallies([days.steps] * 40)):
    print(hashlib.sha256(table.select(pl.selectors.float()).to_numpy().tobytes()).hexdigest())
"""


def test_any_number_of_threads_gives_the_same_bits() -> None:
    said = {}
    for threads in ("1", "3", "8"):
        env = {**os.environ, "POLARS_MAX_THREADS": threads}
        code = DIGESTS.format(folder=str(Path(__file__).parent))
        ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
        said[threads] = ran.stdout.split()
    assert [counted for counted, *_ in said.values()] == list(said)
    assert len({tuple(digests) for _, *digests in said.values()}) == 1
