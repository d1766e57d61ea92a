"""Balances of a few accounts with a weekly pattern, for tests of backtests and scores."""

from datetime import date, timedelta

import numpy as np
import polars as pl

START = date(2025, 1, 1)
#: Last day of ``balances``, origin of the forecasts that are scored, and the settings of these.
LAST = START + timedelta(days=159)
ORIGIN = LAST - timedelta(days=10)
CHOSEN = {"model": ("SeasonalNaive(7)", "Naive"), "level": (20, 40, 60, 80), "horizon": 10, "jobs": 1, "scale_lag": 7}


def balances(accounts: int = 6, days: int = 160, seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    days_of = [START + timedelta(days=day) for day in range(days)]
    moves = rng.normal(0, 20, (accounts, days)) * (rng.random((accounts, days)) < 0.3)
    return pl.DataFrame(
        {
            "account_id": [f"acc-{account:03d}" for account in range(accounts) for _ in range(days)],
            "date": days_of * accounts,
            "balance": np.round(moves.cumsum(axis=1) + 500 + 80 * (np.arange(days) % 7 < 2), 2).ravel(),
            "account_type": [
                "savings" if account % 2 else "checking" for account in range(accounts) for _ in range(days)
            ],
        }
    )
