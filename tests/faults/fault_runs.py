"""Small inputs for runs with failing models and disks, and the files of their outputs."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

START = date(2025, 1, 1)


def write_balances(path: Path, ids: list[str], days: int = 100) -> Path:
    """Write balances that depend on an account's position only, not on its id."""
    rng = np.random.default_rng(11)
    pl.DataFrame(
        {
            "account_id": [unique_id for unique_id in ids for _ in range(days)],
            "date": [START + timedelta(days=day) for day in range(days)] * len(ids),
            "balance": np.round(rng.normal(0, 20, (len(ids), days)).cumsum(axis=1) + 500, 2).ravel(),
        }
    ).write_parquet(path)
    return path


def ids(count: int, **faults: int) -> list[str]:
    """Return ids such as ``acc-000``; with ``ids(3, hang=1)`` the second one is ``acc-001-hang``."""
    names = {place: f"-{fault}" for fault, place in faults.items()}
    return [f"acc-{place:03d}{names.get(place, '')}" for place in range(count)]


def parts(output: Path) -> dict[str, bytes]:
    folder = next((path for path in (output / ".run" / "forecasts", output / "forecasts") if path.is_dir()), output)
    return {path.name: path.read_bytes() for path in sorted(folder.glob("part-*"))}


def files(output: Path) -> set[str]:
    return {str(path.relative_to(output)) for path in output.rglob("*") if path.is_file()}
