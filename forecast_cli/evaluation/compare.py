"""The gate: two backtests of the same windows, and whether the new one is worse by more than is allowed."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.core.errors import UsageError
from forecast_cli.evaluation.bootstrap import account_codes, bootstrap_means, bootstrap_ratios
from forecast_cli.evaluation.gate import (
    RANKED_BY,
    Comparison,
    CoverageCheck,
    ErrorCheck,
    Gate,
    Scores,
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

    Raises UsageError for a metric, level, model or segment that they do not have.
    """
    base_model, new_model = (_choose_model(one, gate.model) for one in (base, new))
    before = _values(base, base_model, _error_of(base, gate))
    pairs = _pair(before, _values(new, new_model, _error_of(new, gate)), new.keys)
    lost = before.height - pairs.height
    whole = _check_error(pairs, new.keys, gate.tolerance, seed)
    coverage = _check_coverage((base, base_model), (new, new_model), gate, seed)
    return Comparison(
        base_model=base_model,
        new_model=new_model,
        metric=gate.metric,
        accounts=whole.accounts,
        windows=whole.windows,
        checks=(
            WindowsCheck(pairs.height, lost, Verdict.FAILED if lost or pairs.is_empty() else Verdict.PASSED),
            whole,
            coverage,
            *_check_segments(pairs, new, gate, seed),
        ),
    )


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


def _choose_model(one: Scores, wanted: str | None) -> str:
    return best_model(one) if wanted is None else _among(one, "model", wanted, one.scores[c.MODEL])


def _error_of(one: Scores, gate: Gate) -> str:
    errors = [name for name in one.scores[METRIC].unique() if name.split("_")[0] in ERRORS]
    return _among(one, "error metric", gate.metric, errors)


def _among(one: Scores, what: str, wanted: str, there: Sequence[str] | pl.Series) -> str:
    """Return ``wanted`` where it is there; raises UsageError where it is not, naming what is."""
    names = sorted(set(there))
    if wanted not in names:
        raise UsageError(f"{one.name}: no {what} '{wanted}'", f"there are: {', '.join(names) or 'none'}")
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


def _check_error(pairs: pl.DataFrame, keys: tuple[str, ...], tolerance: float, seed: int) -> ErrorCheck:
    base, new, accounts = pairs[_BASE].to_numpy(), pairs[_NEW].to_numpy(), account_codes(pairs, keys)
    change = _change(base, new, accounts, seed)
    return ErrorCheck(
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


def _set_aside(pairs: pl.DataFrame, keys: tuple[str, ...], tolerance: float) -> ErrorCheck:
    """Return the figures of a segment that is too small to judge: a change without an interval."""
    base, new = _mean(pairs[_BASE].to_numpy()), _mean(pairs[_NEW].to_numpy())
    change = Estimate(value=new / base - 1 if base else math.nan, low=math.nan, high=math.nan)
    accounts = pairs.select(keys).n_unique()
    return ErrorCheck(None, None, accounts, pairs.height, base, new, change, tolerance, Verdict.SKIPPED)


def _check_segments(pairs: pl.DataFrame, new: Scores, gate: Gate, seed: int) -> Iterator[ErrorCheck]:
    """Check each value of each segment, in ascending order; those of few accounts are not judged."""
    there = segment_columns(new)
    for segment in gate.segments or there:
        _among(new, "segment", segment, there)
        labels = new.windows.select(*new.keys, CUTOFF, pl.col(segment).fill_null("(none)").alias(VALUE))
        labelled = pairs.join(labels, on=[*new.keys, CUTOFF], how="left", maintain_order="left")
        for (value,), group in sorted(labelled.partition_by(VALUE, as_dict=True).items()):
            if group.select(new.keys).n_unique() < SMALLEST_SEGMENT:
                check = _set_aside(group, new.keys, gate.segment_tolerance)
            else:
                check = _check_error(group, new.keys, gate.segment_tolerance, seed)
            yield replace(check, segment=segment, value=str(value))


def _check_coverage(base: tuple[Scores, str], new: tuple[Scores, str], gate: Gate, seed: int) -> CoverageCheck:
    was, now = (_coverage(one, model, gate, seed) for one, model in (base, new))
    low, high = gate.coverage_band
    inside = low - _ROUNDING <= now.value <= high + _ROUNDING
    verdict = Verdict.PASSED if inside else Verdict.FAILED
    return CoverageCheck(gate.coverage_level, was, now, gate.coverage_band, verdict)


def _coverage(one: Scores, model: str, gate: Gate, seed: int) -> Estimate:
    metric = f"coverage_{c.level_label(gate.coverage_level)}"
    levels = [name for name in one.scores[METRIC].unique() if name.startswith("coverage_")]
    _among(one, "metric", metric, levels)
    values = _values(one, model, metric)
    return bootstrap_means(values[VALUE].to_numpy(), account_codes(values, one.keys), seed=seed)


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else math.nan
