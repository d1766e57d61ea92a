"""Brier scores of low-balance probabilities, from the tables of a backtest."""

from pathlib import Path

import polars as pl


def brier_scores(output: Path, threshold: str) -> pl.DataFrame:
    """Return ``model``, its ``brier`` score and that of base rates, ``base``, for a low point within 30 days.

    ``output`` is the folder of a backtest; the low point is below ``threshold``; base rates are those of each account.
    """
    rows = pl.read_parquet(output / "low_balance.parquet").filter(
        pl.col("threshold") == threshold, pl.col("days") == 30, pl.col("event").is_not_null()
    )
    event = pl.col("event").cast(pl.Float64)
    return rows.group_by("model", maintain_order=True).agg(
        brier=((pl.col("probability") - event) ** 2).mean(), base=((pl.col("base_rate") - event) ** 2).mean()
    )
