"""Measurement of a command: wall and CPU seconds, and the memory of all its processes over time."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import psutil

#: Seconds between samples; each takes some 10 ms of CPU per process, which the measured processes do not get.
_LOOK: Final = 0.5
_MIB: Final = 1 << 20
#: Every run measured by this process: its arguments, wall and CPU seconds, and the peak memory of all its processes.
RUNS: Final[list[dict[str, Any]]] = []


@dataclass(frozen=True)
class Measured:
    """Measurements of a command.

    ``memory`` holds seconds since its start and MiB of all processes (PSS: shared pages are counted once).
    """

    seconds: float
    cpu_seconds: float
    memory: tuple[tuple[float, float], ...]

    @property
    def peak(self) -> float:
        """Return the largest memory of all processes at one time, in MiB."""
        return max((held for _, held in self.memory), default=0.0)


def tool(*arguments: str) -> Measured:
    """Run the tool and measure it; raise CalledProcessError if it fails."""
    return measure([sys.executable, "-m", "forecast_cli", *arguments])


def in_turn(*sides: Callable[[], Measured], turns: int = 3) -> list[list[Measured]]:
    """Run all sides in turn ``turns`` times, so that slow phases of the machine affect all of them; return by side."""
    measured = [[side() for side in sides] for _ in range(turns)]
    return [list(side) for side in zip(*measured, strict=True)]


def measure(command: Sequence[str]) -> Measured:
    """Run a command to its end and measure it with its child processes; raise CalledProcessError if it fails."""
    started = time.perf_counter()
    cpu: dict[int, float] = {}
    memory = []
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said) as running:
        while running.poll() is None:
            memory.append((time.perf_counter() - started, _look(running.pid, cpu) / _MIB))
            with suppress(subprocess.TimeoutExpired):
                running.wait(_LOOK)
        seconds = time.perf_counter() - started
        if running.returncode:
            said.seek(0)
            print(said.read().decode(errors="replace"), file=sys.stderr)
            raise subprocess.CalledProcessError(running.returncode, command)
    measured = Measured(seconds, sum(cpu.values()), tuple(memory))
    RUNS.append(
        {
            "arguments": list(command[1:]),
            "seconds": measured.seconds,
            "cpu_seconds": measured.cpu_seconds,
            "peak_mib": measured.peak,
        }
    )
    return measured


def _look(pid: int, cpu: dict[int, float]) -> int:
    """Return the bytes that a process and all its children use, and record the CPU seconds of each in ``cpu``."""
    held = 0
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    for process in family:
        try:
            times = process.cpu_times()
            cpu[process.pid] = times.user + times.system
            held += process.memory_full_info().pss
        except psutil.Error:
            continue
    return held
