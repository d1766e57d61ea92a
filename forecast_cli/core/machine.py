"""Memory and processor time that this process may use, within the limits of its control groups."""

import ctypes
import math
import os
import sys
from pathlib import Path
from typing import Final

_ROOT: Final = Path("/")
_MEMORY: Final = (
    ("sys/fs/cgroup{}/memory.max", "sys/fs/cgroup{}/memory.current"),
    ("sys/fs/cgroup/memory{}/memory.limit_in_bytes", "sys/fs/cgroup/memory{}/memory.usage_in_bytes"),
)
#: Smallest value that means "no limit" in control groups version 1.
_NO_LIMIT: Final = 1 << 60
#: Environment variable of processes that keep freed memory for reuse.
KEEPS: Final = "_FORECAST_CLI_KEEPS_MEMORY"
#: Whether this process was started with it. Read at import: setting it later affects child processes only.
_KEEPING: Final = KEEPS in os.environ


def available_memory(root: Path = _ROOT) -> int | None:
    """Return the bytes this process may still allocate, by the system and its control groups; None if unknown."""
    left = [_system_memory(root), *(_remaining_memory(root, *files) for files in _group_files(root))]
    known = [count for count in left if count is not None]
    return max(min(known), 0) if known else None


def address_limit() -> int | None:
    """Return the limit on this process's address space in bytes (``ulimit -v``), None if there is none."""
    if os.name != "posix":
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if limit == resource.RLIM_INFINITY else limit


def usable_cores(root: Path = _ROOT) -> int:
    """Return the number of cores this process may use, by its CPU affinity and the quota of its control groups.

    A fraction of a core is rounded up.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = processor_quota(root)
    return cores if quota is None else min(cores, max(math.ceil(quota), 1))


def processor_quota(root: Path = _ROOT) -> float | None:
    """Return the processor time that control groups allow, in cores; None if they set no limit."""
    quotas = [quota for group in _groups(root) for quota in _quotas(root, group)]
    return min((quota for quota in quotas if quota is not None), default=None)


def _system_memory(root: Path) -> int | None:
    lines = (line.split() for line in _text(root / "proc/meminfo").splitlines())
    return next((int(words[1]) * 1024 for words in lines if words[0] == "MemAvailable:"), None)


def _groups(root: Path) -> list[str]:
    """Return the control groups of this process, from its own up to the visible root."""
    found = [""]
    for line in _text(root / "proc/self/cgroup").splitlines():
        own = Path(line.split(":", 2)[2])
        found += [str(path) for path in (own, *own.parents) if str(path) != "/"]
    return list(dict.fromkeys(found))


def _group_files(root: Path) -> list[tuple[str, str]]:
    return [(limit.format(group), used.format(group)) for group in _groups(root) for limit, used in _MEMORY]


def _remaining_memory(root: Path, limit: str, used: str) -> int | None:
    allowed, taken = _number(root / limit), _number(root / used)
    return None if allowed is None or allowed >= _NO_LIMIT else allowed - (taken or 0)


def _quotas(root: Path, group: str) -> tuple[float | None, float | None]:
    """Return the processor quota of a control group, by version 2 and by version 1 of the interface."""
    first = [root / f"sys/fs/cgroup/cpu{group}/cpu.cfs_{name}_us" for name in ("quota", "period")]
    second = _words(root / f"sys/fs/cgroup{group}/cpu.max")
    return _quota(second), _quota([word for path in first for word in _words(path)])


def _quota(words: list[str]) -> float | None:
    return int(words[0]) / int(words[1]) if len(words) == 2 and words[0].isdigit() else None


def _number(path: Path) -> int | None:
    words = _words(path)
    return int(words[0]) if words and words[0].isdigit() else None


def _words(path: Path) -> list[str]:
    return _text(path).split()


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def release_memory() -> None:
    """Return freed memory to the operating system, which glibc does only on request.

    Does nothing on systems other than Linux, or in processes that were started to keep freed memory.
    """
    if sys.platform == "linux" and not _KEEPING:
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
