"""Measure the error profile that the package contains, from a parquet file of balances.

python -m benchmarks.error_profile BALANCES.parquet [OUTPUT.json]
"""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

STEPS = (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 240, 300, 366)
LOWER = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45)
PROBABILITIES = (*LOWER, 0.5, *(round(1 - p, 3) for p in reversed(LOWER)))
SCALE_DAYS = 30
STILL_DAYS = 20
FIRST_AGE = 60  # earlier origins are left out: new accounts that are being funded grow fifty-fold in a month
OUTPUT = Path(__file__).parents[1] / "forecast_cli" / "models" / "error_profile.json"


def daily(path: Path) -> list[NDArray[np.float64]]:
    """Return each account's balance on every day from its first to its last row, carried forward."""
    frame = pl.read_parquet(path).sort("account_id", "date").group_by("account_id", maintain_order=True)
    return [_carry_forward(account["date"].to_numpy(), account["balance"].to_numpy()) for _, account in frame]


def _carry_forward(days: NDArray[np.datetime64], balance: NDArray[np.float64]) -> NDArray[np.float64]:
    wanted = np.arange(days[0], days[-1] + np.timedelta64(1, "D"))
    return balance[np.searchsorted(days, wanted, side="right") - 1]


def origins(y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the scale of an account on each day, and whether its balance has not moved for ``STILL_DAYS``."""
    n, sums = len(y), np.concatenate([[0.0], np.cumsum(np.abs(y))])
    start = np.maximum(np.arange(n) + 1 - SCALE_DAYS, 0)
    mean = (sums[1:] - sums[start]) / (np.arange(n) + 1 - start)
    last_move = np.maximum.accumulate(np.where(np.diff(y, prepend=np.nan) != 0, np.arange(n), 0))
    return np.maximum(np.abs(y), mean), np.arange(n) - last_move >= STILL_DAYS


def errors(accounts: list[NDArray[np.float64]], step: int, *, still: bool) -> tuple[NDArray[np.float64], ...]:
    """Return relative errors ``step`` days ahead and their weights; all accounts have the same total weight."""
    values, weights = [], []
    for y in accounts:
        scale, is_still = origins(y)
        use = np.flatnonzero((is_still == still) & (scale > 0))
        use = use[(use >= FIRST_AGE) & (use + step < len(y))]
        values.append((y[use + step] - y[use]) / scale[use])
        weights.append(np.full(len(use), 1.0 / max(len(use), 1)))
    return np.concatenate(values), np.concatenate(weights)


def quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted quantiles at ``PROBABILITIES`` minus the median."""
    order = np.argsort(values, kind="stable")
    mass = np.cumsum(weights[order]) - weights[order] / 2
    found = np.interp(PROBABILITIES, mass / weights.sum(), values[order])
    return found - found[len(LOWER)]


def table(accounts: list[NDArray[np.float64]], *, still: bool) -> list[list[float]]:
    """Return one row for each of ``STEPS``; an interval is at least as wide as those of earlier steps."""
    rows = np.stack([quantiles(*errors(accounts, step, still=still)) for step in STEPS])
    middle = len(LOWER)
    rows[:, :middle] = np.minimum.accumulate(rows[:, :middle], axis=0)
    rows[:, middle:] = np.maximum.accumulate(rows[:, middle:], axis=0)
    return [[round(float(value), 4) + 0.0 for value in row] for row in rows]


def main(balances: Path, output: Path = OUTPUT) -> None:
    """Write the error profile of ``balances`` to ``output``."""
    accounts = daily(balances)
    profile = {
        "source": "881 accounts of the Czech bank data of the PKDD'99 Discovery Challenge (Berka), 1993-1998",
        "scale_days": SCALE_DAYS,
        "still_days": STILL_DAYS,
        "first_age_days": FIRST_AGE,
        "origins": {
            name: [len(errors(accounts, step, still=still)[0]) for step in STEPS]
            for name, still in (("moved", False), ("still", True))
        },
        "steps": STEPS,
        "probabilities": PROBABILITIES,
        "moved": table(accounts, still=False),
        "still": table(accounts, still=True),
    }
    output.write_text(_rows_on_lines(profile), encoding="utf-8")


def _rows_on_lines(profile: dict[str, object]) -> str:
    lines = []
    for key, value in profile.items():
        is_table = isinstance(value, list)
        text = "[\n    " + ",\n    ".join(json.dumps(row) for row in value) + "\n  ]" if is_table else json.dumps(value)
        lines.append(f"  {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:3]))
