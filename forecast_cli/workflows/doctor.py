"""Checks of this machine before a run: memory, cores, folders, locks, timezone and versions. Nothing is changed."""

import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.machine import address_limit, available_memory, processor_quota, usable_cores
from forecast_cli.core.text import counted
from forecast_cli.engine.memory import SMALLEST_RUN, Load, find_room, memory_limit
from forecast_cli.engine.shards import choose_models
from forecast_cli.engine.worker_pool import start_method, try_worker
from forecast_cli.reports.figures import size
from forecast_cli.store.fingerprint import versions
from forecast_cli.store.lock import lock_holder

_MB: Final = 1_000_000
#: A run of typical size: accounts in total, and in a shard.
_LOAD: Final = Load(20_000, 1_000)
#: Free bytes below which a run is likely to fail, and below which it may fail.
_TOO_LITTLE: Final = 50 * _MB
_LITTLE: Final = 1_000 * _MB
_WAIT: Final = 60.0


class Health(StrEnum):
    """Outcome of one check."""

    OK = "ok"
    WARN = "warn"  # a run works, but not as well as it could
    FAIL = "fail"  # a run would fail


@dataclass(frozen=True)
class Sign:
    """Result of one check: what was found, and a hint about what to do."""

    name: str
    health: Health
    found: str
    hint: str | None = None


@dataclass(frozen=True)
class Diagnosis:
    """Results of all checks."""

    signs: tuple[Sign, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return CHECK_FAILED if a check found that a run would fail, else OK."""
        failed = any(sign.health is Health.FAIL for sign in self.signs)
        return ExitCode.CHECK_FAILED if failed else ExitCode.OK


def run_doctor(output: Path | None = None) -> Diagnosis:
    """Check memory, cores, folders, locks, timezone and versions; ``output`` is the folder a run would write to.

    The checks of the output and its lock are left out if ``output`` is None. A check that fails is a result, not an
    error.
    """
    about_machine = (check_memory(), check_cores(), check_temporary())
    about_output = () if output is None else (check_output(output), check_lock(output))
    about_work = (check_timezone(), check_workers(), check_compiled())
    return Diagnosis((*about_machine, *about_output, *about_work, *check_addresses(address_limit()), *check_versions()))


def check_memory(read: Callable[[], int | None] = available_memory, cores: int | None = None) -> Sign:
    """Compare available memory, as ``read`` returns it, with the needs of a run with one worker for each core."""
    free, workers = read(), cores or usable_cores()
    if free is None:
        return Sign("memory", Health.OK, "unknown: this system does not report it")
    found = f"{size(free)} available within all limits"
    if free < SMALLEST_RUN:
        return Sign("memory", Health.FAIL, found, f"a run needs at least {size(SMALLEST_RUN)}: free some memory")
    settings = Settings()
    fit = find_room(choose_models(settings), _LOAD, workers=workers, limit=memory_limit(settings, free)).workers
    if fit < workers:
        return Sign("memory", Health.WARN, found, f"enough for --jobs {fit}, not for the default of {workers}")
    return Sign("memory", Health.OK, found)


def check_addresses(limit: int | None) -> tuple[Sign, ...]:
    """Warn of a limit on address space: native code reserves more than it uses, and aborts or hangs at the limit."""
    if limit is None:
        return ()
    hint = "remove it (ulimit -v unlimited), because a run may abort or hang; to limit a run, use --memory"
    return (Sign("addresses", Health.WARN, f"each process is limited to {size(limit)} by ulimit -v", hint),)


def check_cores(read: Callable[[], float | None] = processor_quota, cores: int | None = None) -> Sign:
    """Return the number of usable cores, and the processor time that control groups allow, if they limit it."""
    found, quota = f"{counted(cores or usable_cores(), 'core')} to use", read()
    return Sign("cores", Health.OK, found if quota is None else f"{found}, with CPU time for {quota:g}")


def check_temporary() -> Sign:
    """Check that files can be written to the temporary folder."""
    try:
        folder = Path(tempfile.gettempdir())
    except OSError as error:
        return Sign(
            "temporary folder",
            Health.FAIL,
            error.strerror or str(error),
            "set TMPDIR to a folder that can be written to",
        )
    return _check_folder("temporary folder", folder, folder, "free space there, or set TMPDIR to another folder")


def check_output(output: Path) -> Sign:
    """Check that files can be written to ``output``, or to the nearest parent folder that exists."""
    try:
        there = next((path for path in (output, *output.parents) if path.exists()), output)
    except OSError as error:
        return Sign("output", Health.FAIL, f"{output}: {error.strerror or error}", "fix its permissions")
    if not there.is_dir():
        return Sign("output", Health.FAIL, f"{there} is not a folder", "name another --output")
    return _check_folder("output", there, output, "free space or fix permissions, or name another --output")


def check_lock(output: Path) -> Sign:
    """Check that no run has locked ``output``."""
    try:
        holder = lock_holder(output)
    except OSError as error:
        return Sign("lock", Health.FAIL, f"{output}: {error.strerror or error}", "fix its permissions")
    if holder is not None:
        return Sign("lock", Health.FAIL, f"held by {holder}", "wait for it to finish; the lock ends with its process")
    return Sign("lock", Health.OK, "not held")


def check_timezone() -> Sign:
    """Check that the timezone database is available and knows the timezone of ``TZ``."""
    named = os.environ.get("TZ", "").removeprefix(":")
    found = f"{time.tzname[0]}, UTC{time.strftime('%z')}"
    try:
        ZoneInfo("Europe/Berlin")
        if "/" in named and not named.startswith("/"):
            ZoneInfo(named)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        return Sign("timezone", Health.WARN, f"{found}; {error}", "install the system's tzdata, or correct TZ")
    return Sign("timezone", Health.OK, found)


def check_workers() -> Sign:
    """Check that a process started the way workers are started ends without an error."""
    method = start_method()
    hint = "check the system's limits on processes and memory: ulimit -a"
    try:
        code = try_worker(_WAIT)
    except (OSError, EOFError) as error:
        return Sign("workers", Health.FAIL, f"{method}: {error}", hint)
    except ConfigError as error:
        return Sign("workers", Health.FAIL, error.message, error.hint)
    if code != 0:
        return Sign("workers", Health.FAIL, f"{method}: a process ended with {code}", hint)
    return Sign("workers", Health.OK, f"can be started by {method}")


def check_compiled() -> Sign:
    """Check that the code compiled for ``auto`` can be cached from one run to the next."""
    from forecast_cli.models.compiled import cache_folder

    folder = cache_folder()
    if folder is None:
        found = "cannot be cached, so each run compiles for half a minute"
        return Sign("compiled", Health.WARN, found, "set NUMBA_CACHE_DIR to a folder for the cache")
    return Sign("compiled", Health.OK, f"cached in {folder}")


def check_versions() -> tuple[Sign, ...]:
    """Return the operating system, and the versions of packages that affect the numbers."""
    system = Sign("system", Health.OK, f"{platform.system()} {platform.release()} {platform.machine()}")
    try:
        installed = versions()
    except PackageNotFoundError as error:
        return system, Sign("versions", Health.FAIL, f"{error.name} is not installed", "install forecast-cli again")
    return system, Sign("versions", Health.OK, ", ".join(f"{name} {version}" for name, version in installed.items()))


def _check_folder(name: str, folder: Path, shown: Path, hint: str) -> Sign:
    try:
        with tempfile.TemporaryFile(dir=folder):
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return Sign(name, Health.FAIL, f"{shown} cannot be written to: {error.strerror or error}", hint)
    found = f"{shown} can be written to, {size(free)} free"
    if free < _TOO_LITTLE:
        return Sign(name, Health.FAIL, found, hint)
    return Sign(name, Health.WARN if free < _LITTLE else Health.OK, found, hint if free < _LITTLE else None)
