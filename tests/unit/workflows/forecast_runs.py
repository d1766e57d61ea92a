"""Small balances for forecast runs, and the part files they write."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

START = date(2025, 1, 1)


def balances(accounts: int = 12, days: int = 90, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    days_of = [START + timedelta(days=day) for day in range(days)]
    return pl.DataFrame(
        {
            "account_id": [f"acc-{account:03d}" for account in range(accounts) for _ in range(days)],
            "date": days_of * accounts,
            "balance": np.round(rng.normal(0, 20, (accounts, days)).cumsum(axis=1) + 500, 2).ravel(),
        }
    )


def with_troubled(frame: pl.DataFrame) -> pl.DataFrame:
    """Add an account that is stale, one with contradictory rows, and one with a single day."""
    last = frame["date"].max()
    assert isinstance(last, date)
    rows = [
        ("stale", START, 1.0),
        ("torn", last, 1.0),
        ("torn", last, 2.0),
        ("young", last, 7.0),
    ]
    return pl.concat([frame, pl.DataFrame(rows, schema=frame.schema, orient="row")])


def part_bytes(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((output / "forecasts").iterdir())}
