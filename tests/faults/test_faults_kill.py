"""A real run over two workers is killed at many instants: what it left is taken up, and ends in the same bytes."""

import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from processes import gone_within, needs_proc


def write_balances(path: Path, accounts: int = 24, days: int = 100) -> None:
    rng = np.random.default_rng(11)
    start = [date(2025, 1, 1) + timedelta(days=day) for day in range(days)]
    pl.DataFrame(
        {
            "account_id": [f"acc-{account:03d}" for account in range(accounts) for _ in range(days)],
            "date": start * accounts,
            "balance": np.round(rng.normal(0, 20, (accounts, days)).cumsum(axis=1) + 500, 2).ravel(),
        }
    ).write_parquet(path)


def command(source: Path, output: Path, model: str = "Naive") -> list[str]:
    options = ["--output", str(output), "--model", model, "--shard-size", "1", "--jobs", "2", "--quiet"]
    return [sys.executable, "-m", "forecast_cli", "forecast", str(source), *options]


def part_bytes(output: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((output / "forecasts").glob("*"))}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("killed") / "balances.parquet"
    write_balances(path)
    return path


@pytest.fixture(scope="module")
def undisturbed(source: Path) -> dict[str, bytes]:
    output = source.parent / "undisturbed"
    subprocess.run(command(source, output), check=True, capture_output=True)
    return part_bytes(output)


@needs_proc
@pytest.mark.parametrize("parts", [0, 1, 5, 12, 20, 24])
def test_RT14_a_run_killed_at_any_instant_is_taken_up_and_ends_in_the_same_bytes(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path, parts: int
) -> None:
    output = tmp_path / "out"
    with subprocess.Popen(command(source, output), start_new_session=True) as running:
        while running.poll() is None and len(part_bytes(output)) < parts:
            time.sleep(0.005)
        running.kill()
    assert gone_within(running.pid, 5), "RT04: workers outlive their parent"
    assert all(content == undisturbed[name] for name, content in part_bytes(output).items())
    again = subprocess.run(command(source, output), check=False, capture_output=True, text=True)
    assert (again.returncode, again.stderr) == (0, "")
    assert part_bytes(output) == undisturbed
    assert not (output / ".run").exists()
