"""The gate: worse by more than is allowed fails, chance does not, and it says which check."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from forecast_cli.core.errors import UsageError
from forecast_cli.evaluation.compare import best_model, compare_scores, segment_columns
from forecast_cli.evaluation.gate import (
    Check,
    CoverageCheck,
    ErrorCheck,
    Gate,
    Pair,
    Scores,
    TailCheck,
    Verdict,
    WindowsCheck,
)

ACCOUNTS = 60
WINDOWS = 3
KEYS = ("unique_id",)


def windows_of(accounts: int = ACCOUNTS) -> pl.DataFrame:
    rows = [(account, window) for account in range(accounts) for window in range(WINDOWS)]
    return pl.DataFrame(
        {
            "unique_id": [f"A{account:03d}" for account, _ in rows],
            "cutoff": [date(2026, 1, 1) + timedelta(30 * window) for _, window in rows],
            "n_train": [200 + 30 * window for _, window in rows],
            "scale": [1.0 + account for account, _ in rows],
            "scale_rms": [2.0 + account for account, _ in rows],
            "tenure": ["long" if account < 40 else "short" for account, _ in rows],
            "activity": ["still" if account < 10 else None for account, _ in rows],
        }
    )


def scores_of(windows: pl.DataFrame, *, seed: int = 1, **metrics: float) -> pl.DataFrame:
    """Scores of the models A and B; B is 20 % worse. ``metrics``: name and mean."""
    rng = np.random.default_rng(seed)
    parts = [
        windows.select("unique_id", pl.lit(model).alias("model"), "cutoff").with_columns(
            metric=pl.lit(name), value=pl.Series(mean * worse * rng.lognormal(0, 0.3, windows.height))
        )
        for name, mean in metrics.items()
        for model, worse in (("A", 1.0), ("B", 1.2))
    ]
    cover = windows.select("unique_id", "cutoff").with_columns(metric=pl.lit("coverage_80"), value=pl.lit(0.8))
    parts += [cover.with_columns(model=pl.lit(model)).select(parts[0].columns) for model in ("A", "B")]
    return pl.concat(parts)


def backtest(name: str = "base", **metrics: float) -> Scores:
    windows = windows_of()
    return Scores(name, scores_of(windows, **(metrics or {"scrps": 1.0, "mase": 1.0})), windows, KEYS)


def changed(one: Scores, factor: pl.Expr | float, *, metric: str = "scrps", where: pl.Expr | None = None) -> Scores:
    """Multiply a metric's values, of some accounts."""
    which = (pl.col("metric") == metric) & (pl.lit(value=True) if where is None else where)
    value = pl.when(which).then(pl.col("value") * factor).otherwise(pl.col("value"))
    return replace(one, name="new", scores=one.scores.with_columns(value=value))


A = Pair("A", "A")


def errors_of(checks: tuple[Check, ...], pair: Pair = A) -> dict[tuple[str | None, str | None], ErrorCheck]:
    found = [check for check in checks if isinstance(check, ErrorCheck) and check.pair == pair]
    return {(check.segment, check.value): check for check in found}


def coverage_of(base: Scores, new: Scores, gate: Gate | None = None) -> CoverageCheck:
    checks = compare_scores(base, new, gate or Gate(models=("A",))).checks
    return next(check for check in checks if isinstance(check, CoverageCheck))


def tail_of(base: Scores, new: Scores) -> TailCheck:
    checks = compare_scores(base, new, Gate(models=("A",))).checks
    return next(check for check in checks if isinstance(check, TailCheck))


def test_a_backtest_against_itself_passes_at_no_tolerance_at_all() -> None:
    base = backtest()
    gate = Gate(tolerance=0.0, segment_tolerance=0.0)
    found = compare_scores(base, base, gate)
    assert found.failed == ()
    assert found.pairs == (A, Pair("B", "B"))
    assert (found.accounts, found.windows) == (60, 180)
    whole = errors_of(found.checks)[None, None]
    assert (whole.change.value, whole.change.low, whole.change.high) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(("factor", "failed"), [(1.005, False), (0.5, False), (1.03, True)])
def test_worse_everywhere_by_more_than_the_tolerance_fails(factor: float, failed: bool) -> None:
    base = backtest()
    found = compare_scores(base, changed(base, factor), Gate())
    whole = errors_of(found.checks)[None, None]
    assert whole.change.value == pytest.approx(factor - 1)
    assert (whole in found.failed) is failed


def test_worse_by_chance_passes_and_the_interval_says_why() -> None:
    """A mean that is up by 5 %, all of it one account's: drawn again without it, nothing is worse."""
    base = backtest()
    new = changed(base, 4.0, where=pl.col("unique_id") == "A001")
    whole = errors_of(compare_scores(base, new, Gate()).checks)[None, None]
    assert whole.change.value > 0.01
    assert whole.change.low <= 0.01 < whole.change.high
    assert whole.verdict is Verdict.PASSED


def test_windows_of_one_account_are_not_taken_for_independent() -> None:
    rng = np.random.default_rng(5)
    base = backtest()
    by_account = {f"A{account:03d}": float(np.exp(rng.normal(0, 0.3))) for account in range(ACCOUNTS)}
    new = changed(base, pl.col("unique_id").replace_strict(by_account, return_dtype=pl.Float64))
    alone = replace(base, windows=base.windows.with_columns(unique_id=pl.col("unique_id") + pl.col("cutoff").cast(str)))
    split = [
        replace(
            one, windows=alone.windows, scores=one.scores.with_columns(pl.col("unique_id") + pl.col("cutoff").cast(str))
        )
        for one in (base, new)
    ]
    clustered = errors_of(compare_scores(base, new, Gate()).checks)[None, None].change
    loose = errors_of(compare_scores(*split, Gate()).checks)[None, None].change
    assert clustered.value == pytest.approx(loose.value)
    assert clustered.high - clustered.low > 1.2 * (loose.high - loose.low)


@pytest.mark.parametrize(("factor", "failed"), [(1.005, []), (1.03, [ErrorCheck]), (3.0, [ErrorCheck, TailCheck])])
def test_one_account_has_no_interval_and_is_judged_by_its_figures(factor: float, failed: list[type]) -> None:
    whole = backtest()
    alone = pl.col("unique_id") == "A000"
    base = replace(whole, scores=whole.scores.filter(alone), windows=whole.windows.filter(alone))
    found = compare_scores(base, changed(base, factor), Gate(models=("A",)))
    assert [type(check) for check in found.failed] == failed
    change = errors_of(found.checks)[None, None].change
    assert (change.value, change.ends) == (pytest.approx(factor - 1), None)
    cover = coverage_of(base, changed(base, 0.5, metric="coverage_80"))
    assert (cover.new.ends, cover.verdict) == (None, Verdict.FAILED)


def test_a_segment_that_fell_fails_alone_and_is_named() -> None:
    base = backtest()
    new = changed(base, pl.when(pl.col("unique_id") >= "A040").then(1.2).otherwise(0.9))
    [failed] = compare_scores(base, new, Gate(models=("A",))).failed
    assert isinstance(failed, ErrorCheck)
    assert (failed.segment, failed.value, failed.accounts) == ("tenure", "short", 20)
    assert compare_scores(base, new, Gate(segment_tolerance=0.25)).failed == ()
    assert compare_scores(base, new, Gate(segments=("activity",))).failed == ()


def test_a_segment_of_few_accounts_is_shown_but_not_judged() -> None:
    base = backtest()
    new = changed(base, pl.when(pl.col("unique_id") < "A010").then(1.9).otherwise(0.5))
    found = compare_scores(base, new, Gate(segments=("activity",)))
    checks = errors_of(found.checks)
    assert checks["activity", "still"].verdict is Verdict.SKIPPED
    assert checks["activity", "still"].change.value == pytest.approx(0.9)
    assert checks["activity", "(none)"].verdict is Verdict.PASSED
    assert found.failed == ()


@pytest.mark.parametrize(
    ("coverage", "verdict"),
    [(0.75, Verdict.PASSED), (0.85, Verdict.PASSED), (0.74, Verdict.FAILED), (0.86, Verdict.FAILED)],
)
def test_coverage_is_held_to_its_band(coverage: float, verdict: Verdict) -> None:
    base = backtest()
    new = changed(base, coverage / 0.8, metric="coverage_80")
    check = coverage_of(base, new)
    assert (check.base.value, check.new.value) == pytest.approx((0.8, coverage))
    assert check.verdict is verdict


def test_coverage_fails_by_its_interval_not_by_chance() -> None:
    """All of a few accounts' days outside: the mean is under the band, but drawn again it may well be inside."""
    base = backtest()
    new = changed(base, 0.0, metric="coverage_80", where=pl.col("unique_id") < "A004")
    check = coverage_of(base, new)
    assert check.new.value < 0.75 < check.new.high
    assert check.verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [
        (0.9, 0.9, Verdict.PASSED),
        (0.9, 0.87, Verdict.PASSED),
        (0.9, 0.93, Verdict.FAILED),
        (0.9, 0.7, Verdict.FAILED),
        (0.7, 0.72, Verdict.PASSED),
        (0.7, 0.68, Verdict.FAILED),
    ],
)
def test_coverage_that_was_outside_its_band_fails_where_it_went_further(
    was: float, now: float, verdict: Verdict
) -> None:
    one = backtest()
    base, new = (changed(one, share / 0.8, metric="coverage_80") for share in (was, now))
    check = coverage_of(base, new)
    assert check.base_outside
    assert check.verdict is verdict


def test_a_few_accounts_that_explode_turn_it_red_though_no_mean_says_so() -> None:
    base = backtest()
    new = changed(base, pl.when(pl.col("unique_id") < "A005").then(5.0).otherwise(0.75))
    found = compare_scores(base, new, Gate(models=("A",), segments=("tenure",)))
    [failed] = found.failed
    assert isinstance(failed, TailCheck)
    assert (failed.grew, failed.shrank) == pytest.approx((5 / ACCOUNTS, 0.0))


def test_errors_that_grow_here_and_shrink_there_are_no_tail() -> None:
    base = backtest()
    swapped = pl.when(pl.col("unique_id") < "A010").then(3.0).when(pl.col("unique_id") < "A020").then(1 / 3)
    check = tail_of(base, changed(base, swapped.otherwise(1.0)))
    assert check.grew == check.shrank > 0
    assert check.verdict is Verdict.PASSED


def test_balances_that_do_not_move_do_not_help_coverage() -> None:
    base = backtest()
    still = pl.col("unique_id") < "A020"
    new = changed(base, pl.when(still).then(1.25).otherwise(0.9), metric="coverage_80")
    windows = base.windows.with_columns(scale=pl.when(still).then(None).otherwise(pl.col("scale")))
    check = coverage_of(replace(base, windows=windows), replace(new, windows=windows))
    assert check.new.value == pytest.approx(0.72)


def test_a_model_that_leaves_windows_out_fails_however_good_the_rest_is() -> None:
    base = backtest()
    better = changed(base, 0.5)
    new = replace(better, scores=better.scores.filter(pl.col("unique_id") != "A059"))
    found = compare_scores(base, new, Gate(models=("A",), segments=("tenure",)))
    assert found.failed == (WindowsCheck(A, paired=177, lost=3, verdict=Verdict.FAILED),)


def test_scores_that_could_not_be_had_are_lost_windows_too() -> None:
    base = backtest()
    new = changed(base, float("nan"), where=pl.col("unique_id") == "A000")
    found = compare_scores(base, new, Gate(models=("A",)))
    assert found.failed == (WindowsCheck(A, paired=177, lost=3, verdict=Verdict.FAILED),)


def test_nothing_to_compare_is_no_pass() -> None:
    base = backtest()
    empty = replace(base, scores=base.scores.with_columns(value=pl.lit(None, dtype=pl.Float64)))
    found = compare_scores(empty, empty, Gate(models=("A",)))
    assert [type(check) for check in found.failed] == [WindowsCheck, ErrorCheck, CoverageCheck]


@pytest.mark.parametrize(("factor", "verdict"), [(0.0, Verdict.PASSED), (1.0, Verdict.FAILED)])
def test_a_base_without_any_error_can_only_be_matched(factor: float, verdict: Verdict) -> None:
    new = backtest()
    base, new = changed(new, 0.0), changed(new, factor)
    assert errors_of(compare_scores(base, new, Gate(models=("A",))).checks)[None, None].verdict is verdict


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


def test_models_that_only_one_has_are_said_and_not_judged() -> None:
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
    assert "there are: " in (raised.value.hint or "")


def test_segments_are_the_text_columns_that_are_neither_key_nor_figure() -> None:
    assert segment_columns(backtest()) == ("tenure", "activity")


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
    return Scores("base", scores, windows, KEYS)


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
