"""What the gate compares: models, metrics, segments and windows that both backtests have."""

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from gate_backtests import KEYS, A, backtest, changed, errors_of, scores_of, windows_of

from forecast_cli.core.errors import UsageError
from forecast_cli.evaluation.compare import best_model, compare_scores, segment_columns
from forecast_cli.evaluation.gate import (
    Gate,
    Pair,
    Scores,
)


def test_roots_and_ratios_are_taken_after_the_sums_as_on_the_leaderboard() -> None:
    base = backtest(scrps=1.0, rmsse=2.0, mae=3.0, mean_abs_y=10.0, wape=9.0)
    new = changed(changed(base, 1.5, metric="rmsse"), 1.2, metric="mae")
    own = base.scores.filter(model="A")
    rmsse, mae, size = (own.filter(metric=name)["value"].to_numpy() for name in ("rmsse", "mae", "mean_abs_y"))
    root, ratio = np.sqrt(np.mean(rmsse**2)), mae.mean() / size.mean()
    for metric, was, factor in (("rmsse", root, 1.5), ("wape", ratio, 1.2)):
        checks = errors_of(compare_scores(base, new, Gate(metric=metric, models=("A",))).checks)
        for check in (checks[None, None], checks["tenure", "long"]):
            assert check.change.value == pytest.approx(factor - 1)
            assert (check.change.low, check.change.high) == pytest.approx((factor - 1, factor - 1))
        whole = checks[None, None]
        assert (whole.base, whole.new) == pytest.approx((was, factor * was))


def test_the_change_of_a_root_is_that_of_the_roots() -> None:
    base = backtest(scrps=1.0, rmsse=1.0)
    new = changed(base, pl.when(pl.col("unique_id") < "A010").then(3.0).otherwise(1.0), metric="rmsse")
    change = errors_of(compare_scores(base, new, Gate(metric="rmsse", models=("A",))).checks)[None, None].change
    was, now = (
        np.sqrt(np.mean(one.scores.filter(model="A", metric="rmsse")["value"].to_numpy() ** 2)) for one in (base, new)
    )
    assert change.value == pytest.approx(now / was - 1)
    assert 0 < change.low < change.value < change.high


def test_the_best_model_is_the_leaderboards_over_the_windows_that_all_forecast() -> None:
    """B left all but one window out, and was lucky there; over that window A is as good, and better by MASE."""
    base = backtest()
    here = (pl.col("unique_id") == "A000") & (pl.col("cutoff") == date(2026, 1, 1))
    lucky = pl.when(here).then(0.01 / pl.col("value")).otherwise(1.0)
    one = changed(base, lucky)
    few = replace(one, scores=one.scores.filter((pl.col("model") == "A") | here))
    assert best_model(changed(few, pl.when(pl.col("model") == "B").then(9.0).otherwise(1.0), metric="mase")) == "A"
    assert best_model(changed(few, pl.when(pl.col("model") == "A").then(9.0).otherwise(1.0), metric="mase")) == "B"


def test_a_window_whose_figure_is_not_finite_decides_nothing_about_the_best() -> None:
    base = backtest()
    lost = changed(base, np.nan, where=(pl.col("model") == "A") & (pl.col("unique_id") == "A000"))
    assert best_model(base) == best_model(lost) == "A"


def test_models_without_a_window_in_common_have_no_best() -> None:
    base = backtest()
    apart = replace(base, scores=base.scores.filter((pl.col("model") == "A") == (pl.col("unique_id") < "A030")))
    with pytest.raises(UsageError, match="no window has a scrps of every model"):
        best_model(apart)


def test_every_model_that_both_have_is_judged_and_the_best_of_each() -> None:
    base = backtest()
    new = changed(base, pl.when(pl.col("model") == "A").then(2.0).otherwise(1.0))
    assert (best_model(base), best_model(new)) == ("A", "B")
    found = compare_scores(base, new, Gate())
    assert found.pairs == (Pair("A", "B"), A, Pair("B", "B"))
    assert {check.pair for check in found.failed} == {Pair("A", "B"), A}
    named = compare_scores(base, new, Gate(models=("B",)))
    assert (named.pairs, named.failed) == ((Pair("B", "B"),), ())


def test_a_model_that_is_not_the_best_cannot_hide_behind_it() -> None:
    base = backtest()
    found = compare_scores(base, changed(base, 1.5, where=pl.col("model") == "B"), Gate())
    assert {check.pair for check in found.failed} == {Pair("B", "B")}


def test_models_that_only_one_backtest_has_are_listed_and_not_judged() -> None:
    base = backtest()
    fewer = replace(base, scores=base.scores.filter(pl.col("model") == "A"))
    found = compare_scores(base, fewer, Gate())
    assert (found.pairs, found.base_only, found.new_only, found.failed) == ((A,), ("B",), (), ())
    other = replace(base, scores=fewer.scores.with_columns(model=pl.lit("C")))
    found = compare_scores(base, other, Gate())
    assert (found.pairs, found.base_only, found.new_only) == ((Pair("A", "C"),), ("A", "B"), ("C",))


def test_models_that_are_even_go_by_name() -> None:
    base = backtest()
    even = base.scores.with_columns(value=pl.lit(1.0))
    assert best_model(replace(base, scores=even.sample(fraction=1, shuffle=True, seed=2))) == "A"


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (Gate(metric="coverage_80"), "no error metric 'coverage_80'"),
        (Gate(metric="rmse"), "no error metric 'rmse'"),
        (Gate(models=("C",)), "no model 'C'"),
        (Gate(segments=("country",)), "no segment 'country'"),
        (Gate(coverage_level=95), "no metric 'coverage_95'"),
    ],
)
def test_what_they_do_not_have_is_refused_with_what_they_have(gate: Gate, words: str) -> None:
    base = backtest()
    with pytest.raises(UsageError, match=words) as raised:
        compare_scores(base, base, gate)
    assert "available: " in (raised.value.hint or "")


def test_metrics_of_one_kind_are_named_by_the_first_and_the_last() -> None:
    base = backtest(scrps=1.0, rmse=1.0, **{f"pinball_{p}": 1.0 for p in (0.1, 0.5, 0.9)})
    with pytest.raises(UsageError) as raised:
        compare_scores(base, base, Gate(metric="xyz"))
    assert raised.value.hint == "available: pinball_0.1 ... pinball_0.9, rmse, scrps"


def test_segments_are_the_text_columns_that_are_neither_key_nor_figure() -> None:
    base = backtest()
    counted = replace(base, windows=base.windows.with_columns(days=pl.lit(7)))
    assert segment_columns(counted) == ("tenure", "activity")


def test_other_metrics_and_other_orders_of_rows() -> None:
    base = backtest()
    new = changed(base, 1.3, metric="mase")
    shuffled = replace(
        new,
        scores=new.scores.sample(fraction=1, shuffle=True, seed=3),
        windows=new.windows.sample(fraction=1, shuffle=True, seed=4),
    )
    found = compare_scores(base, new, Gate(metric="mase"))
    assert errors_of(found.failed)[None, None].change.value == pytest.approx(0.3)
    assert compare_scores(base, shuffled, Gate(metric="mase")) == found


def test_the_seed_draws_the_accounts() -> None:
    base = backtest()
    new = replace(base, scores=scores_of(base.windows, seed=9, scrps=1.0))
    first, again, other = (compare_scores(base, new, Gate(), seed=seed) for seed in (1, 1, 2))
    assert first == again != other


def test_windows_without_a_scale_are_in_no_mean() -> None:
    base = backtest(scrps=1.0, mae=5.0)
    still = pl.col("unique_id") >= "A030"
    windows = base.windows.with_columns(scale=pl.when(still).then(None).otherwise(pl.col("scale")))
    new = replace(changed(base, 9.0, metric="mae", where=still), windows=windows)
    found = compare_scores(replace(base, windows=windows), new, Gate(metric="mae", models=("A",)))
    assert (found.accounts, found.windows, found.failed) == (30, 90, ())


def in_currencies(names: list[str], metric: str) -> Scores:
    windows = windows_of().with_columns(currency=pl.Series([names[place % len(names)] for place in range(180)]))
    scores = scores_of(windows, **dict.fromkeys((metric, "scrps", "mase", "mae", "mean_abs_y"), 1.0))
    return Scores("base", scores, windows, KEYS, tuple(scores["metric"].unique()))


@pytest.mark.parametrize("metric", ["mae", "rmse", "wape", "crps", "pinball_0.1", "winkler_80"])
def test_metric_in_units_does_not_add_up_currencies(metric: str):
    both, one = in_currencies(["EUR", "USD"], metric), in_currencies(["EUR"], metric)
    with pytest.raises(UsageError, match=f"'{metric}' is in units of the balance, and there are 2 currencies"):
        compare_scores(both, both, Gate(metric=metric))
    assert not compare_scores(one, one, Gate(metric=metric)).failed


@pytest.mark.parametrize("metric", ["mase", "rmsse", "scrps", "swinkler_80"])
def test_metric_without_units_holds_over_currencies(metric: str):
    both = in_currencies(["EUR", "USD"], metric)
    assert not compare_scores(both, both, Gate(metric=metric)).failed
