"""Scores of low-balance probabilities: Brier, skill over the account's own base rate, and reliability."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import account_codes, bootstrap_skills
from forecast_cli.evaluation.low_balance import BASE_RATE, DAYS, EVENT, PROBABILITY, THRESHOLD
from forecast_cli.evaluation.report import LowBalanceScore, ReliabilityBin
from forecast_cli.evaluation.rows import CUTOFF

#: Lower edges of the bins of probability. Fixed, so that models and runs can be held against each other; narrow near
#: zero, where most accounts are.
BIN_EDGES: Final = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)

_GROUP: Final = (THRESHOLD, DAYS, c.MODEL)


def score_low_balance(
    frame: pl.DataFrame, *, keys: Sequence[str] = (c.UNIQUE_ID,), seed: int = 0
) -> tuple[LowBalanceScore, ...]:
    """Score rows of ``low_balance_rows`` by threshold, period and model, in that order, each in its own order.

    ``keys`` tell the accounts apart. Only windows with an event and a base rate count. Brier score: mean
    (probability - event)^2 (Brier 1950, Monthly Weather Review 78, 1); skill: 1 - Brier / Brier of the base rate, with
    its 95 % interval from a bootstrap over accounts; NaN where the base rate made no error.
    """
    scored = frame.drop_nulls([BASE_RATE, EVENT]).sort(*_GROUP, *keys, CUTOFF)
    return tuple(_score(group, keys, seed) for group in scored.partition_by(*_GROUP, maintain_order=True))


def bin_reliability(frame: pl.DataFrame) -> tuple[ReliabilityBin, ...]:
    """Return, for windows of about the same probability, its mean and the share of them that ran low.

    Bins are fixed (``BIN_EDGES``, the last one up to and with 1); empty ones are left out. In the order of
    ``score_low_balance``, lowest probability first.
    """
    reached = pl.sum_horizontal(pl.col(PROBABILITY) >= edge for edge in BIN_EDGES)
    bins = (
        frame.drop_nulls(EVENT)
        .group_by(*_GROUP, reached.alias("bin"))
        .agg(predicted=pl.col(PROBABILITY).sort().mean(), observed=pl.col(EVENT).mean(), windows=pl.len())
        .sort(*_GROUP, "bin")
        .drop("bin")
    )
    return tuple(ReliabilityBin(**row) for row in bins.iter_rows(named=True))


def _score(group: pl.DataFrame, keys: Sequence[str], seed: int) -> LowBalanceScore:
    event = group[EVENT].cast(pl.Float64).to_numpy()
    errors, base_errors = _squared(group[PROBABILITY], event), _squared(group[BASE_RATE], event)
    threshold, days, model = group.select(*_GROUP).row(0)
    return LowBalanceScore(
        model=model,
        threshold=threshold,
        days=days,
        windows=group.height,
        event_rate=float(event.mean()),
        brier=float(errors.mean()),
        base_brier=float(base_errors.mean()),
        skill=bootstrap_skills(errors, base_errors, account_codes(group, keys), seed=seed),
    )


def _squared(probability: pl.Series, event: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.square(probability.to_numpy() - event)
