"""Preparation that a bare script needs before statsforecast: one row for each day, with balances carried forward."""

import polars as pl


def daily(path: str, accounts: int | None = None) -> pl.DataFrame:
    """Return ``unique_id, ds, y`` of a sample, with every day from an account's first to the last day of the input.

    Accounts of under 61 days are left out, since a single one makes statsforecast fail for all. ``accounts`` limits the
    result to the first accounts.
    """
    rows = pl.scan_parquet(f"{path}/**/*.parquet").select(
        pl.col("account_id").alias("unique_id"), pl.col("date").alias("ds"), pl.col("balance").alias("y")
    )
    if accounts is not None:
        rows = rows.filter(pl.col("unique_id") < f"acc-{accounts:07}")
    rows = rows.sort("unique_id", "ds").unique(["unique_id", "ds"], keep="last", maintain_order=True)
    last = rows.select(pl.col("ds").max()).collect().item()
    days = (
        rows.group_by("unique_id", maintain_order=True)
        .agg(pl.col("ds").min().alias("first"))
        .filter((pl.lit(last) - pl.col("first")).dt.total_days() >= 60)
        .select("unique_id", pl.date_ranges("first", pl.lit(last)).alias("ds"))
        .explode("ds")
    )
    return (
        days.join(rows, on=["unique_id", "ds"], how="left", maintain_order="left")
        .with_columns(pl.col("y").cast(pl.Float64).forward_fill().over("unique_id"))
        .collect()
    )
