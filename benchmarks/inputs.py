"""Inputs of the benchmarks: samples of one seed, sorted by account or as one file for each day."""

from pathlib import Path

import polars as pl

from benchmarks.process import Measured, tool

DAYS = 730
SEED = 7


def sample(folder: Path, accounts: int) -> Path:
    """Return the path of a sample of ``accounts`` accounts, sorted by account; it is written if it does not exist."""
    make_sample(folder, accounts)
    return _sample_path(folder, accounts)


def make_sample(folder: Path, accounts: int) -> Measured | None:
    """Write the sample of ``accounts`` accounts and return the time and memory it took; None if it already exists."""
    path = _sample_path(folder, accounts)
    if (path / "part-00000.parquet").exists():
        return None
    return tool("sample", "--accounts", str(accounts), "--days", str(DAYS), "--seed", str(SEED), "--output", str(path))


def _sample_path(folder: Path, accounts: int) -> Path:
    return folder / f"sample-{accounts}"


def daily_files(folder: Path, accounts: int) -> Path:
    """Return the path of the same rows as one file for each day."""
    path = folder / f"daily-{accounts}"
    if not path.exists():
        path.mkdir()
        rows = pl.read_parquet(sample(folder, accounts) / "*.parquet")
        for (day,), part in rows.partition_by("date", as_dict=True, maintain_order=True).items():
            part.write_parquet(path / f"{day}.parquet")
    return path
