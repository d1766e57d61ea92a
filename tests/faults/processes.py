"""Processes of runs with failing models: how to start them, list them, and wait for their end."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

#: Skips tests that list processes where there is no /proc.
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


CLI = [sys.executable, str(Path(__file__).with_name("faulty_cli.py"))]


def start(source: Path, output: Path, *options: str, begun: Path | None = None) -> "subprocess.Popen[str]":
    command = [*CLI, "forecast", str(source), "--output", str(output), "--jobs", "2", "--quiet", *options]
    return subprocess.Popen(
        command,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"FAULTY_BEGUN": str(begun)},
    )


def family(session: int) -> list[int]:
    """Return the living processes of a session: a run, its fork server and its workers."""
    found = []
    for path in Path("/proc").iterdir():
        try:
            fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(path.name))
    return found


def named(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return "gone"


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(0.01)
    return True


def gone_within(session: int, seconds: float) -> bool:
    return within(seconds, lambda: not family(session))


def workers_of(running: "subprocess.Popen[str]") -> list[int]:
    """Return the workers of a run: the children of its fork server, which is a child of the run."""
    parents = {pid: parent_of(pid) for pid in family(running.pid)}
    children = [pid for pid, parent in parents.items() if parent == running.pid]
    return [pid for pid, parent in parents.items() if parent in children]
