"""``doctor``: exits with 0 if a run would succeed, else with 6 and a hint; it changes nothing."""

import json
import os
import subprocess
from pathlib import Path
from typing import NoReturn

import numba
import pytest
from cli_harness import Cli, command

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.store.lock import output_lock
from forecast_cli.workflows.doctor import Health, check_compiled, check_cores, check_memory, check_timezone

GB = 1_000_000_000


def test_a_machine_that_runs_the_tests_is_well_and_nothing_is_left(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("doctor", tmp_path / "new" / "out", "--format", "json").assert_exit(ExitCode.OK)
    signs = {sign["name"]: sign for sign in json.loads(outcome.out)["signs"]}
    assert list(signs) == [
        "memory",
        "cores",
        "temporary folder",
        "output",
        "lock",
        "timezone",
        "workers",
        "compiled",
        "system",
        "versions",
    ]
    assert "polars" in signs["versions"]["found"]
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_only_the_machine_is_looked_at(cli: Cli) -> None:
    outcome = cli("doctor").assert_exit(ExitCode.OK)
    assert "lock" not in outcome.out
    assert "memory" in outcome.out


def test_a_held_output_would_fail(cli: Cli, tmp_path: Path) -> None:
    with output_lock(tmp_path):
        outcome = cli("doctor", tmp_path)
        outcome.assert_error(ExitCode.CHECK_FAILED, "lock", f"process {os.getpid()}")
    cli("doctor", tmp_path).assert_exit(ExitCode.OK)


def test_an_output_below_a_file_would_fail(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cli("doctor", tmp_path / "file" / "out").assert_error(ExitCode.CHECK_FAILED, "is not a folder")


def test_the_log_ends_with_a_summary(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    outcome = cli("doctor", tmp_path / "file", "--log-format", "json").assert_exit(ExitCode.CHECK_FAILED)
    [summary] = outcome.events
    assert (summary["status"], summary["exit_code"]) == ("failed", ExitCode.CHECK_FAILED)


@pytest.mark.parametrize(
    ("free", "health", "hint"),
    [
        (None, Health.OK, ""),
        (64 * GB, Health.OK, ""),
        (GB // 2, Health.WARN, "--jobs 1"),
        (GB * 7 // 20, Health.FAIL, "free some memory"),
    ],
)
def test_memory_is_held_against_the_workers(free: int | None, health: Health, hint: str) -> None:
    sign = check_memory(lambda: free, cores=4)
    assert sign.health is health
    assert hint in (sign.hint or "")


def test_a_limit_on_address_space_is_reported(cli: Cli) -> None:
    done = subprocess.run(
        ["/bin/bash", "-c", f"ulimit -v 16000000; {' '.join(command('doctor'))}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "addresses         each process is limited to 16.4 GB by ulimit -v" in done.stdout
    assert "--memory" in done.stdout
    assert "addresses" not in cli("doctor").out


@pytest.mark.parametrize(("quota", "found"), [(None, "2 cores to use"), (1.5, "2 cores to use, with CPU time for 1.5")])
def test_the_processor_quota_is_reported(quota: float | None, found: str) -> None:
    assert check_cores(lambda: quota, cores=2).found == found


def test_an_unknown_timezone_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Mars/Olympus")
    assert check_timezone().health is Health.WARN


def test_a_machine_that_cannot_cache_compiled_code_is_reported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "cache"))
    kept = check_compiled()
    assert (kept.health, kept.hint) == (Health.OK, None)
    assert f"cached in {tmp_path / 'cache'}" in kept.found

    def refuses(**options: bool) -> NoReturn:
        raise RuntimeError("cannot cache function: no locator available for file")

    monkeypatch.setattr(numba, "njit", refuses)
    anew = check_compiled()
    assert (anew.health, anew.hint) == (Health.WARN, "set NUMBA_CACHE_DIR to a folder for the cache")
