"""Memory and processor time, read from files like those the kernel writes."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from forecast_cli.core.machine import available_memory, processor_quota, usable_cores

MEMINFO = "MemTotal: 8000 kB\nMemFree: 100 kB\nMemAvailable: 4000 kB\n"
OWN = "0::/system.slice/forecast.service\n"
GROUP = "sys/fs/cgroup/system.slice/forecast.service"


def machine(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"proc/meminfo": MEMINFO}, 4000 * 1024),
        ({"proc/meminfo": MEMINFO, "sys/fs/cgroup/memory.max": "max\n"}, 4000 * 1024),
        ({"proc/meminfo": MEMINFO, "sys/fs/cgroup/memory.max": "900\n", "sys/fs/cgroup/memory.current": "200\n"}, 700),
        ({"proc/meminfo": MEMINFO, "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 4000 * 1024),
        ({"proc/meminfo": MEMINFO, "proc/self/cgroup": OWN, f"{GROUP}/memory.max": "500\n"}, 500),
        (
            {"proc/self/cgroup": OWN, "sys/fs/cgroup/system.slice/memory.max": "300", f"{GROUP}/memory.max": "500"},
            300,
        ),
        ({"sys/fs/cgroup/memory.max": "100\n", "sys/fs/cgroup/memory.current": "200\n"}, 0),
    ],
    ids=["unknown", "system", "no-limit", "container", "first-version", "own-group", "group-above", "over"],
)
def test_the_tightest_limit_counts(tmp_path: Path, files: Mapping[str, str], expected: int | None) -> None:
    assert available_memory(machine(tmp_path, files)) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("max 100000\n", None), ("150000 100000\n", 1.5), ("", None)], ids=["none", "some", "empty"]
)
def test_a_quota_is_in_cores(tmp_path: Path, text: str, expected: float | None) -> None:
    assert processor_quota(machine(tmp_path, {"sys/fs/cgroup/cpu.max": text})) == expected


def test_a_quota_of_the_first_version_counts_too(tmp_path: Path) -> None:
    files = {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "50000\n", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n"}
    assert processor_quota(machine(tmp_path, files)) == 0.5
    assert processor_quota(machine(tmp_path, {"sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n"})) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("max 100000\n", 8), ("150000 100000\n", 2), ("20000 100000\n", 1), ("9900000 100000\n", 8)]
)
def test_no_more_cores_are_used_than_there_is_time_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert usable_cores(machine(tmp_path, {"sys/fs/cgroup/cpu.max": text})) == expected
