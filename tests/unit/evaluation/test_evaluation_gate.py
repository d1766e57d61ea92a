"""The gate: fails if the new backtest is worse by more than allowed and not by chance, and says which check failed."""

import re
from dataclasses import replace
from typing import get_args

import numpy as np
import polars as pl
import pytest
from gate_backtests import ACCOUNTS, A, backtest, changed, errors_of

from forecast_cli.cli.options.declared import options_in
from forecast_cli.cli.options.gate import GateOptions
from forecast_cli.evaluation.compare import compare_scores
from forecast_cli.evaluation.gate import (
    CoverageCheck,
    ErrorCheck,
    Gate,
    Pair,
    Scores,
    TailCheck,
    Verdict,
    WindowsCheck,
)


def coverage_of(base: Scores, new: Scores, gate: Gate | None = None) -> CoverageCheck:
    checks = compare_scores(base, new, gate or Gate(models=("A",))).checks
    return next(check for check in checks if isinstance(check, CoverageCheck))


def tail_of(base: Scores, new: Scores) -> TailCheck:
    checks = compare_scores(base, new, Gate(models=("A",))).checks
    return next(check for check in checks if isinstance(check, TailCheck))


def test_the_defaults_are_those_that_help_and_documentation_promise() -> None:
    assert Gate() == Gate(
        metric="scrps",
        tolerance=0.01,
        segment_tolerance=0.05,
        segments=(),
        coverage_level=80,
        coverage_band=(0.75, 0.85),
        tail_ratio=2,
        tail_tolerance=0.01,
        models=(),
    )
    said = {
        name: found[1]
        for name, declared in options_in(GateOptions).items()
        if (found := re.search(r"default: (.+)\)", get_args(declared)[-1].help))
    }
    assert said == {
        "metric": "scrps",
        "tolerance": "1%",
        "segment_tolerance": "5%",
        "segment": "all",
        "coverage_level": "80",
        "coverage_band": "0.75,0.85",
        "tail_ratio": "2",
        "tail_tolerance": "1%",
        "model": "all that both have, and the best of each",
    }


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


@pytest.mark.parametrize("end", [0.74, 0.81])
def test_coverage_on_an_end_of_its_band_is_inside_though_its_mean_is_rounded(end: float) -> None:
    base = backtest()
    on_end = pl.when(pl.col("metric") == "coverage_80").then(end).otherwise("value")
    new = replace(base, name="new", scores=base.scores.with_columns(value=on_end))
    check = coverage_of(base, new, Gate(models=("A",), coverage_band=(0.74, 0.81)))
    assert not 0.74 <= check.new.value <= 0.81
    assert check.verdict is Verdict.PASSED


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


def test_a_few_accounts_that_explode_fail_the_gate_though_no_mean_does() -> None:
    base = backtest()
    new = changed(base, pl.when(pl.col("unique_id") < "A005").then(5.0).otherwise(0.75))
    found = compare_scores(base, new, Gate(models=("A",), segments=("tenure",)))
    [failed] = found.failed
    assert isinstance(failed, TailCheck)
    assert (failed.grew, failed.shrank) == pytest.approx((5 / ACCOUNTS, 0.0))


def test_a_tail_of_one_account_may_be_chance() -> None:
    base = backtest()
    check = tail_of(base, changed(base, 3.0, where=pl.col("unique_id") == "A000"))
    assert check.excess.value > check.tolerance
    assert check.excess.bounds[0] == 0.0
    assert check.verdict is Verdict.PASSED


def test_errors_that_grow_here_and_shrink_there_are_no_tail() -> None:
    base = backtest()
    swapped = pl.when(pl.col("unique_id") < "A010").then(3.0).when(pl.col("unique_id") < "A020").then(1 / 3)
    check = tail_of(base, changed(base, swapped.otherwise(1.0)))
    assert check.grew == check.shrank > 0
    assert check.verdict is Verdict.PASSED


@pytest.mark.parametrize(("factor", "grew"), [(2.0, 0.0), (2.001, 1.0)])
def test_an_error_of_exactly_the_ratio_is_in_no_tail(factor: float, grew: float) -> None:
    base = backtest()
    assert tail_of(base, changed(base, factor)).grew == grew
    assert tail_of(changed(base, factor), base).shrank == grew


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


def test_errors_that_are_gone_are_a_change_though_some_windows_had_none() -> None:
    base = changed(backtest(), 0.0, where=pl.col("unique_id") < "A030")
    check = errors_of(compare_scores(base, changed(base, 0.0), Gate(models=("A",))).checks)[None, None]
    assert (check.change.value, check.new) == (-1.0, 0.0)
