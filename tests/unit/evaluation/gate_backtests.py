"""Scores of two backtests with models A and B for tests of the gate."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from forecast_cli.evaluation.gate import (
    Check,
    ErrorCheck,
    Pair,
    Scores,
)

ACCOUNTS = 60
WINDOWS = 3
KEYS = ("unique_id",)
A = Pair("A", "A")


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
    """Return scores of models A and B, of which B is 20 % worse; ``metrics`` gives the mean of each metric."""
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
    scores = scores_of(windows, **(metrics or {"scrps": 1.0, "mase": 1.0}))
    return Scores(name, scores, windows, KEYS, tuple(scores["metric"].unique()))


def changed(one: Scores, factor: pl.Expr | float, *, metric: str = "scrps", where: pl.Expr | None = None) -> Scores:
    """Return scores with the values of a metric multiplied by ``factor``, for all rows or only ``where``."""
    which = (pl.col("metric") == metric) & (pl.lit(value=True) if where is None else where)
    value = pl.when(which).then(pl.col("value") * factor).otherwise(pl.col("value"))
    return replace(one, name="new", scores=one.scores.with_columns(value=value))


def errors_of(checks: tuple[Check, ...], pair: Pair = A) -> dict[tuple[str | None, str | None], ErrorCheck]:
    found = [check for check in checks if isinstance(check, ErrorCheck) and check.pair == pair]
    return {(check.segment, check.value): check for check in found}
