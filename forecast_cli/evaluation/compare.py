"""The gate: compare two backtests of the same windows and decide whether the new one is worse than tolerated."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.errors import UsageError
from forecast_cli.core.text import did_you_mean
from forecast_cli.evaluation.bootstrap import account_codes, bootstrap_means
from forecast_cli.evaluation.gate import (
    Check,
    Comparison,
    CoverageCheck,
    ErrorCheck,
    Gate,
    Pair,
    Scores,
    TailCheck,
    Verdict,
    WindowsCheck,
)
from forecast_cli.evaluation.leaderboard import RANKED_BY, THEN_BY
from forecast_cli.evaluation.metrics import ABSOLUTE_BALANCE, ABSOLUTE_ERROR, is_error, is_in_units
from forecast_cli.evaluation.paired import Paired, pair_errors, pair_windows, read_errors, read_figures
from forecast_cli.evaluation.report import Estimate
from forecast_cli.evaluation.rows import CUTOFF, METRIC, N_TRAIN, SCALE, SCALE_RMS, VALUE
from forecast_cli.evaluation.segment import NO_VALUE

#: Segments with fewer accounts than this are not judged.
SMALLEST_SEGMENT: Final = 20

#: Tolerance for the rounding of a mean of shares at the end of a band.
_ROUNDING: Final = 1e-9


def compare_scores(base: Scores, new: Scores, gate: Gate, *, seed: int = 0) -> Comparison:
    """Compare two backtests of the same windows, paired by account and cutoff, with a bootstrap over accounts.

    Every model that both have is compared with itself, and the best of BASE with the best of NEW. Raises UsageError for
    a metric, level, model or segment that they do not have.
    """
    for backtest in (base, new):
        _check_metric(backtest, gate)
    pairs = _pair_models(base, new, gate.models)
    checks = tuple(check for pair in pairs for check in _check_pair(_Sides(base, new, pair, seed), gate))
    overall = next(check for check in checks if isinstance(check, ErrorCheck))
    base_models, new_models = _model_names(base), _model_names(new)
    return Comparison(
        pairs=pairs,
        base_only=tuple(sorted(base_models - new_models)),
        new_only=tuple(sorted(new_models - base_models)),
        metric=gate.metric,
        accounts=overall.accounts,
        windows=overall.windows,
        checks=checks,
    )


@dataclass(frozen=True)
class _Sides:
    """Two backtests, the pair of models being compared, and the ``seed`` of the bootstrap draws."""

    base: Scores
    new: Scores
    pair: Pair
    seed: int

    @property
    def keys(self) -> tuple[str, ...]:
        return self.new.keys


def _pair_models(base: Scores, new: Scores, wanted: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs of models to compare; the best of each side come first if they are different models."""
    if wanted:
        for backtest in (base, new):
            for model in wanted:
                _require_name(backtest, "model", model, backtest.scores[c.MODEL])
        return tuple(Pair(model, model) for model in wanted)
    best = Pair(best_model(base), best_model(new))
    common = sorted(_model_names(base) & _model_names(new))
    return tuple(dict.fromkeys([best, *(Pair(model, model) for model in common)]))


def _model_names(backtest: Scores) -> set[str]:
    return set(backtest.scores[c.MODEL].unique())


def _check_pair(sides: _Sides, gate: Gate) -> Iterator[Check]:
    before = read_errors(sides.base, sides.pair.base, gate.metric)
    after = read_errors(sides.new, sides.pair.new, gate.metric)
    paired = pair_errors(before, after, gate.metric, sides.keys, sides.seed)
    lost = before.height - len(paired)
    yield WindowsCheck(sides.pair, len(paired), lost, Verdict.PASSED if len(paired) and not lost else Verdict.FAILED)
    yield _check_error(sides, paired, gate.tolerance)
    yield _check_tail(sides, paired, gate)
    yield _check_coverage(sides, gate)
    yield from _check_segments(sides, paired, gate)


def needed_metrics(gate: Gate) -> set[str]:
    """Return the metrics of a backtest that ``compare_scores`` reads."""
    return {RANKED_BY, THEN_BY, gate.metric, ABSOLUTE_ERROR, ABSOLUTE_BALANCE, _coverage_metric(gate)}


def best_model(backtest: Scores) -> str:
    """Return the first model of the backtest's leaderboard: the lowest mean sCRPS over the windows all models forecast.

    Ties are broken by MASE, then by name. Raises UsageError if there is no such window.
    """
    by = [*backtest.keys, CUTOFF]
    finite = backtest.scores.filter(pl.col(VALUE).is_finite())
    common = _common_windows(backtest, finite.filter(pl.col(METRIC) == RANKED_BY))
    if common.is_empty():
        message = f"{backtest.name}: no window has a {RANKED_BY} of every model, so the best one is unknown"
        raise UsageError(message, "name one with --model")
    scores = finite.join(common, on=by, how="semi").sort(c.MODEL, *by)
    means = [
        scores.filter(pl.col(METRIC) == metric)
        .group_by(c.MODEL, maintain_order=True)
        .agg(pl.col(VALUE).mean().alias(metric))
        for metric in (RANKED_BY, THEN_BY)
    ]
    ranked = means[0].join(means[1], on=c.MODEL, how="left").sort(RANKED_BY, THEN_BY, c.MODEL, nulls_last=True)
    return str(ranked[c.MODEL][0])


def _common_windows(backtest: Scores, figures: pl.DataFrame) -> pl.DataFrame:
    """Return keys and cutoff of the windows with a scale for which every model has a row in ``figures``."""
    by = [*backtest.keys, CUTOFF]
    moving = figures.join(backtest.windows.filter(pl.col(SCALE).is_not_null()), on=by, how="semi")
    return moving.group_by(by).len().filter(pl.col("len") == moving[c.MODEL].n_unique()).select(by)


def segment_columns(backtest: Scores) -> tuple[str, ...]:
    """Return the names of the segment columns among the columns of the windows."""
    other_columns = {*backtest.keys, CUTOFF, N_TRAIN, SCALE, SCALE_RMS}
    return tuple(
        name for name, dtype in backtest.windows.schema.items() if name not in other_columns and dtype == pl.String
    )


def _check_metric(backtest: Scores, gate: Gate) -> None:
    """Raise UsageError if a backtest lacks the error metric or the coverage, or if the metric would mix currencies."""
    errors = [name for name in backtest.metrics if is_error(name)]
    _require_name(backtest, "error metric", gate.metric, errors, join_names=_abbreviate_metrics)
    currencies = backtest.windows[c.CURRENCY].n_unique() if c.CURRENCY in backtest.windows.columns else 1
    if currencies > 1 and is_in_units(gate.metric):
        message = f"{backtest.name}: '{gate.metric}' is in units of the balance, and there are {currencies} currencies"
        raise UsageError(
            message, f"compare an error without units: --metric {RANKED_BY}, {THEN_BY}, rmsse or swinkler_L"
        )
    covered = [name for name in backtest.metrics if name.startswith("coverage_")]
    _require_name(backtest, "metric", _coverage_metric(gate), covered)


def _abbreviate_metrics(names: Sequence[str]) -> str:
    """Return sorted metric names, shortened to the first and last of each kind: ``mae, winkler_20 ... winkler_95``."""
    families = [list(family) for _, family in groupby(names, key=lambda name: name.partition("_")[0])]
    return ", ".join(family[0] if len(family) == 1 else f"{family[0]} ... {family[-1]}" for family in families)


def _require_name(
    backtest: Scores,
    what: str,
    wanted: str,
    available: Sequence[str] | pl.Series,
    *,
    join_names: Callable[[Sequence[str]], str] = ", ".join,
) -> None:
    """Raise UsageError with the names there are if ``wanted`` is not among ``available``."""
    names = sorted(set(available))
    if wanted not in names:
        listing = f"available: {join_names(names) or 'none'}"
        hint = did_you_mean(wanted, names, otherwise=listing)
        raise UsageError(f"{backtest.name}: no {what} '{wanted}'", hint if hint == listing else f"{hint} {listing}")


def _check_error(sides: _Sides, paired: Paired, tolerance: float, *, judged: bool = True) -> ErrorCheck:
    """Return the check of the mean errors; if it is not ``judged``, it is skipped and its change has no interval."""
    base, new = paired.errors()
    if judged:
        change = paired.change()
        # NaN must fail: with the comparison reversed it would pass
        verdict = Verdict.PASSED if change.bounds[0] <= tolerance else Verdict.FAILED
    else:
        change = Estimate(value=new / base - 1 if base else math.nan, low=math.nan, high=math.nan)
        verdict = Verdict.SKIPPED
    return ErrorCheck(
        pair=sides.pair,
        segment=None,
        value=None,
        accounts=paired.accounts,
        windows=len(paired),
        base=base,
        new=new,
        change=change,
        tolerance=tolerance,
        verdict=verdict,
    )


def _check_tail(sides: _Sides, paired: Paired, gate: Gate) -> TailCheck:
    """Compare the share of windows whose error grew many times over with the share whose error shrank as much."""
    grew, shrank, excess = paired.tails(gate.tail_ratio)
    failed = excess.value > gate.tail_tolerance and excess.bounds[0] > 0
    return TailCheck(
        pair=sides.pair,
        ratio=gate.tail_ratio,
        grew=grew,
        shrank=shrank,
        excess=excess,
        tolerance=gate.tail_tolerance,
        verdict=Verdict.FAILED if failed else Verdict.PASSED,
    )


def _check_segments(sides: _Sides, paired: Paired, gate: Gate) -> Iterator[ErrorCheck]:
    """Check each value of each segment, in ascending order; values with few accounts are not judged."""
    new, keys = sides.new, sides.keys
    available = segment_columns(new)
    for segment in gate.segments or available:
        _require_name(new, "segment", segment, available)
        labels = new.windows.select(*keys, CUTOFF, pl.col(segment).fill_null(NO_VALUE).alias(VALUE))
        for value, group in paired.split_by(labels):
            judged = group.accounts >= SMALLEST_SEGMENT
            yield replace(
                _check_error(sides, group, gate.segment_tolerance, judged=judged), segment=segment, value=value
            )


def _check_coverage(sides: _Sides, gate: Gate) -> CoverageCheck:
    metric = _coverage_metric(gate)
    before, after = (
        read_figures(backtest, model, metric)
        for backtest, model in ((sides.base, sides.pair.base), (sides.new, sides.pair.new))
    )
    base, new = (_estimate_coverage(values, sides) for values in (before, after))
    base_outside = _side_of_band(base, gate.coverage_band) != 0
    side = _side_of_band(new, gate.coverage_band)
    failed = side != 0 and (
        not base_outside or _direction_of_change(pair_windows(before, after, sides.keys), sides) == side
    )
    verdict = Verdict.FAILED if failed or math.isnan(new.value) else Verdict.PASSED
    return CoverageCheck(sides.pair, gate.coverage_level, base, new, gate.coverage_band, base_outside, verdict)


def _coverage_metric(gate: Gate) -> str:
    return f"coverage_{c.level_label(gate.coverage_level)}"


def _estimate_coverage(values: pl.DataFrame, sides: _Sides) -> Estimate:
    return bootstrap_means(values[VALUE].to_numpy(), account_codes(values, sides.keys), seed=sides.seed)


def _side_of_band(share: Estimate, band: tuple[float, float]) -> int:
    """Return -1 if the whole interval of a share lies below the band, 1 if it lies above, else 0."""
    (low, high), (least, most) = band, share.bounds
    return int(least > high + _ROUNDING) - int(most < low - _ROUNDING)


def _direction_of_change(pairs: pl.DataFrame, sides: _Sides) -> int:
    """Return the direction in which coverage moved from BASE to NEW: -1, 1, or 0 if it may be chance."""
    codes = account_codes(pairs, sides.keys)
    change = bootstrap_means((pairs["new"] - pairs["base"]).to_numpy(), codes, seed=sides.seed)
    least, most = change.bounds
    return int(least > 0) - int(most < 0)
