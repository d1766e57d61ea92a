"""The gate: two backtests of the same windows, and whether the new one is worse by more than is allowed."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.core.errors import UsageError
from forecast_cli.core.text import did_you_mean
from forecast_cli.evaluation.bootstrap import account_codes, bootstrap_differences, bootstrap_means, bootstrap_ratios
from forecast_cli.evaluation.gate import (
    RANKED_BY,
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
from forecast_cli.evaluation.report import Estimate
from forecast_cli.evaluation.rows import CUTOFF, METRIC, N_TRAIN, SCALE, SCALE_RMS, VALUE

#: Errors, by the first part of their names: lower is better. Coverage has a band, and bias and width no better side.
ERRORS: Final = frozenset({"mae", "mase", "rmse", "rmsse", "wape", "crps", "scrps", "pinball", "winkler", "swinkler"})
#: A segment of fewer accounts has too few to say anything of.
SMALLEST_SEGMENT: Final = 20

#: A mean of shares may miss the end of a band by its own rounding.
_ROUNDING: Final = 1e-9

_BASE: Final = "base"
_NEW: Final = "new"


def compare_scores(base: Scores, new: Scores, gate: Gate, *, seed: int = 0) -> Comparison:
    """Compare two backtests of the same windows, paired by account and cutoff, with a bootstrap over accounts.

    Every model that both have is held against itself, and the best of BASE against the best of NEW. Raises UsageError
    for a metric, level, model or segment that they do not have.
    """
    for one in (base, new):
        _check_metric(one, gate)
    pairs = _pairs(base, new, gate.models)
    checks = tuple(check for pair in pairs for check in _check_pair(_Sides(base, new, pair, seed), gate))
    whole = next(check for check in checks if isinstance(check, ErrorCheck))
    before, after = _models(base), _models(new)
    return Comparison(
        pairs=pairs,
        base_only=tuple(sorted(before - after)),
        new_only=tuple(sorted(after - before)),
        metric=gate.metric,
        accounts=whole.accounts,
        windows=whole.windows,
        checks=checks,
    )


@dataclass(frozen=True)
class _Sides:
    """Two backtests and the pair of models that is being looked at; ``seed`` is that of the intervals' draws."""

    base: Scores
    new: Scores
    pair: Pair
    seed: int

    @property
    def keys(self) -> tuple[str, ...]:
        return self.new.keys

    def values(self, metric: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the figures of both models."""
        return _values(self.base, self.pair.base, metric), _values(self.new, self.pair.new, metric)


def _pairs(base: Scores, new: Scores, wanted: Sequence[str]) -> tuple[Pair, ...]:
    """Return the pairs to look at: the best of each side first where they are not one model."""
    if wanted:
        for one in (base, new):
            for model in wanted:
                _among(one, "model", model, one.scores[c.MODEL])
        return tuple(Pair(model, model) for model in wanted)
    best = Pair(best_model(base), best_model(new))
    common = sorted(_models(base) & _models(new))
    return tuple(dict.fromkeys([best, *(Pair(model, model) for model in common)]))


def _models(one: Scores) -> set[str]:
    return set(one.scores[c.MODEL].unique())


def _check_pair(sides: _Sides, gate: Gate) -> Iterator[Check]:
    before, after = sides.values(gate.metric)
    paired = _pair(before, after, sides.keys)
    lost = before.height - paired.height
    yield WindowsCheck(sides.pair, paired.height, lost, Verdict.FAILED if lost or paired.is_empty() else Verdict.PASSED)
    yield _check_error(sides, paired, gate.tolerance)
    yield _check_tail(sides, paired, gate)
    yield _check_coverage(sides, gate)
    yield from _check_segments(sides, paired, gate)


def best_model(one: Scores) -> str:
    """Return the model with the lowest mean sCRPS over windows with a scale, the first by name where some are even."""
    means = (
        one.scores.filter(pl.col(METRIC) == RANKED_BY, pl.col(VALUE).is_finite())
        .sort(c.MODEL, *one.keys, CUTOFF)
        .group_by(c.MODEL, maintain_order=True)
        .agg(pl.col(VALUE).mean())
        .sort(VALUE, c.MODEL)
    )
    if means.is_empty():
        raise UsageError(f"{one.name}: no window has a {RANKED_BY} to find the best model by", "name one with --model")
    return str(means[c.MODEL][0])


def segment_columns(one: Scores) -> tuple[str, ...]:
    """Return the columns of the windows that a backtest reports by."""
    own = {*one.keys, CUTOFF, N_TRAIN, SCALE, SCALE_RMS}
    return tuple(name for name, kind in one.windows.schema.items() if name not in own and kind == pl.String)


def _check_metric(one: Scores, gate: Gate) -> None:
    """Raise UsageError where a backtest has no such error metric, or no coverage of the level."""
    metrics = one.scores[METRIC].unique().to_list()
    _among(one, "error metric", gate.metric, [name for name in metrics if name.split("_")[0] in ERRORS])
    covered = [name for name in metrics if name.startswith("coverage_")]
    _among(one, "metric", _coverage_metric(gate), covered)


def _among(one: Scores, what: str, wanted: str, there: Sequence[str] | pl.Series) -> str:
    """Return ``wanted`` where it is there; raises UsageError where it is not, naming what is."""
    names = sorted(set(there))
    if wanted not in names:
        there_are = f"there are: {', '.join(names) or 'none'}"
        hint = did_you_mean(wanted, names, otherwise=there_are)
        raise UsageError(f"{one.name}: no {what} '{wanted}'", hint if hint == there_are else f"{hint} {there_are}")
    return wanted


def _values(one: Scores, model: str, metric: str) -> pl.DataFrame:
    """Return the figures of one model and metric that could be had, over windows with a scale: keys, cutoff, value.

    A balance that does not move is easily forecast, and covered by anything: it counts in no mean of a backtest.
    """
    moving = one.windows.filter(pl.col(SCALE) > 0).select(*one.keys, CUTOFF)
    wanted = (pl.col(c.MODEL) == model) & (pl.col(METRIC) == metric) & pl.col(VALUE).is_finite()
    figures = one.scores.filter(wanted).select(*one.keys, CUTOFF, VALUE)
    return figures.join(moving, on=[*one.keys, CUTOFF], how="semi").sort(*one.keys, CUTOFF)


def _pair(base: pl.DataFrame, new: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Return a row for each window both have a figure for: keys, cutoff, base, new."""
    return base.rename({VALUE: _BASE}).join(
        new.rename({VALUE: _NEW}), on=[*keys, CUTOFF], how="inner", maintain_order="left"
    )


def _check_error(sides: _Sides, pairs: pl.DataFrame, tolerance: float) -> ErrorCheck:
    base, new, accounts = pairs[_BASE].to_numpy(), pairs[_NEW].to_numpy(), account_codes(pairs, sides.keys)
    change = _change(base, new, accounts, sides.seed)
    return ErrorCheck(
        pair=sides.pair,
        segment=None,
        value=None,
        accounts=len(np.unique(accounts)),
        windows=len(base),
        base=_mean(base),
        new=_mean(new),
        change=change,
        tolerance=tolerance,
        # the other way round, a change that could not be had would pass
        verdict=Verdict.PASSED if change.low <= tolerance else Verdict.FAILED,
    )


def _change(base: NDArray[np.float64], new: NDArray[np.float64], accounts: NDArray[np.int64], seed: int) -> Estimate:
    """Return mean(new) / mean(base) - 1; 0 where neither made an error, NaN where there is no window."""
    if len(base) and not base.any() and not new.any():
        return Estimate(value=0.0, low=0.0, high=0.0)
    ratio = bootstrap_ratios(new, base, accounts, seed=seed)
    return Estimate(value=ratio.value - 1, low=ratio.low - 1, high=ratio.high - 1)


def _check_tail(sides: _Sides, pairs: pl.DataFrame, gate: Gate) -> TailCheck:
    """Hold the windows whose error grew many times over against those whose error shrank as much."""
    base, new = pairs[_BASE].to_numpy(), pairs[_NEW].to_numpy()
    grew, shrank = (over.astype(np.float64) for over in (new > gate.tail_ratio * base, base > gate.tail_ratio * new))
    excess = bootstrap_means(grew - shrank, account_codes(pairs, sides.keys), seed=sides.seed)
    more = excess.value > gate.tail_tolerance and excess.low > 0
    return TailCheck(
        pair=sides.pair,
        ratio=gate.tail_ratio,
        grew=_mean(grew),
        shrank=_mean(shrank),
        excess=excess,
        tolerance=gate.tail_tolerance,
        verdict=Verdict.FAILED if more else Verdict.PASSED,
    )


def _set_aside(sides: _Sides, pairs: pl.DataFrame, tolerance: float) -> ErrorCheck:
    """Return the figures of a segment that is too small to judge: a change without an interval."""
    base, new = _mean(pairs[_BASE].to_numpy()), _mean(pairs[_NEW].to_numpy())
    change = Estimate(value=new / base - 1 if base else math.nan, low=math.nan, high=math.nan)
    accounts = pairs.select(sides.keys).n_unique()
    return ErrorCheck(sides.pair, None, None, accounts, pairs.height, base, new, change, tolerance, Verdict.SKIPPED)


def _check_segments(sides: _Sides, pairs: pl.DataFrame, gate: Gate) -> Iterator[ErrorCheck]:
    """Check each value of each segment, in ascending order; those of few accounts are not judged."""
    new, keys = sides.new, sides.keys
    there = segment_columns(new)
    for segment in gate.segments or there:
        _among(new, "segment", segment, there)
        labels = new.windows.select(*keys, CUTOFF, pl.col(segment).fill_null("(none)").alias(VALUE))
        labelled = pairs.join(labels, on=[*keys, CUTOFF], how="left", maintain_order="left")
        for (value,), group in sorted(labelled.partition_by(VALUE, as_dict=True).items()):
            small = group.select(keys).n_unique() < SMALLEST_SEGMENT
            check = (_set_aside if small else _check_error)(sides, group, gate.segment_tolerance)
            yield replace(check, segment=segment, value=str(value))


def _check_coverage(sides: _Sides, gate: Gate) -> CoverageCheck:
    before, after = sides.values(_coverage_metric(gate))
    was, now = (_share(values, sides) for values in (before, after))
    outside = _misses(was, gate.coverage_band) != 0
    side = _misses(now, gate.coverage_band)
    failed = side != 0 and (not outside or _moved(_pair(before, after, sides.keys), sides) == side)
    verdict = Verdict.FAILED if failed or math.isnan(now.value) else Verdict.PASSED
    return CoverageCheck(sides.pair, gate.coverage_level, was, now, gate.coverage_band, outside, verdict)


def _coverage_metric(gate: Gate) -> str:
    return f"coverage_{c.level_label(gate.coverage_level)}"


def _share(values: pl.DataFrame, sides: _Sides) -> Estimate:
    return bootstrap_means(values[VALUE].to_numpy(), account_codes(values, sides.keys), seed=sides.seed)


def _misses(share: Estimate, band: tuple[float, float]) -> int:
    """Return -1 where all of a share's interval lies below the band, 1 where all of it lies above, else 0."""
    low, high = band
    return int(share.low > high + _ROUNDING) - int(share.high < low - _ROUNDING)


def _moved(pairs: pl.DataFrame, sides: _Sides) -> int:
    """Return the direction in which coverage moved from BASE to NEW, 0 where it may be chance."""
    codes = account_codes(pairs, sides.keys)
    change = bootstrap_differences(pairs[_NEW].to_numpy(), pairs[_BASE].to_numpy(), codes, seed=sides.seed)
    return int(change.low > 0) - int(change.high < 0)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else math.nan
