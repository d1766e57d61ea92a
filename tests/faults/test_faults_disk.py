"""Full, read-only and corrupted disks: found before the first fit or ended cleanly; every flipped bit is detected."""

import itertools
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Survived
from fault_runs import files, ids, parts, write_balances

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, OutputNotWrittenError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

FLIPS = int(os.environ.get("FAULT_FLIPS", "50"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a tmpfs")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_RT08_a_full_disk_ends_cleanly_and_the_run_goes_on_once_there_is_space(
    small_disk: Path, tmp_path: Path, survived: Survived
) -> None:
    source, output, roomy = write_balances(tmp_path / "in.parquet", ids(400)), small_disk / "out", tmp_path / "roomy"
    options = ["--model", "Naive", "--shard-size", "50", "--horizon", "366", "--quiet"]
    command = [sys.executable, "-m", "forecast_cli", "forecast", str(source), "--output", str(output), *options]
    full = subprocess.run(command, check=False, capture_output=True, text=True)
    assert full.returncode == ExitCode.OUTPUT_NOT_WRITTEN, full.stderr
    assert "No space left on device" in full.stderr
    assert [line.partition(":")[0] for line in full.stderr.splitlines()] == ["error", "hint"]
    assert not (output / "manifest.json").exists()
    settings = Settings(model=("Naive",), shard_size=50, horizon=366)
    run_forecast(ForecastRequest(str(source), roomy, settings))
    assert all(content == parts(roomy)[name] for name, content in parts(output).items())
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
    run_forecast(ForecastRequest(str(source), output, settings))
    assert parts(output) == parts(roomy)
    assert files(output) == files(roomy)
    survived("disk of 2 MB full in the middle of a run", 1)


def request(source: Path, output: Path) -> ForecastRequest:
    return ForecastRequest(str(source), output, Settings(model=("Naive",), shard_size=2, jobs=1, level=(80.0,)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_RT09_a_read_only_output_is_found_before_the_first_fit(tmp_path: Path) -> None:
    source, locked = write_balances(tmp_path / "in.parquet", ids(4)), tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(OutputNotWrittenError, match="Permission denied"):
        run_forecast(request(source, locked / "out"))


def test_RT09_an_output_that_cannot_be_made_is_found_before_the_first_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forecast_cli.engine.local.run_shards", pytest.fail)
    source = write_balances(tmp_path / "in.parquet", ids(4))
    with pytest.raises(OutputNotWrittenError, match="/proc/out: cannot be written"):
        run_forecast(request(source, Path("/proc/out")))
    (tmp_path / "file").touch()
    with pytest.raises(OutputNotWrittenError, match="file/out: cannot be written: Not a directory") as refused:
        run_forecast(request(source, tmp_path / "file" / "out"))
    assert refused.value.hint == "name another path, in a folder and not in a file"


def found_by_check(output: Path) -> bool:
    try:
        return bool(run_check(output).damages)
    except CheckFailedError:
        return True


def test_every_flipped_bit_of_an_output_is_found_by_check(tmp_path: Path, survived: Survived) -> None:
    output = run_forecast(request(write_balances(tmp_path / "in.parquet", ids(6)), tmp_path / "out")).output
    assert run_check(output).damages == ()
    draw = random.Random(400)
    paths = sorted(path for path in output.rglob("*") if path.is_file() and path.stat().st_size)
    for path in itertools.islice(itertools.cycle(paths), FLIPS):
        before = path.read_bytes()
        place, bit = draw.randrange(len(before)), draw.randrange(8)
        path.write_bytes(before[:place] + bytes([before[place] ^ 1 << bit]) + before[place + 1 :])
        assert found_by_check(output), f"bit {bit} of byte {place} of {path.name}"
        path.write_bytes(before)
    assert run_check(output).damages == ()
    survived("bit flipped in an output, found by check", FLIPS)
