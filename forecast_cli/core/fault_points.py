"""Fault points: hooks before each operation that the system may refuse, so that a test can make the operation fail."""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """A kind of operation on a file or process."""

    WRITE = "write"
    SYNC = "fsync"
    RENAME = "rename"
    READ = "read"
    REMOVE = "remove"
    SPAWN = "spawn"


#: Called with each operation and the path it works on; raises the error that the system would raise.
FaultInjector = Callable[[Step, str], None]

_injectors: list[FaultInjector] = []


def inject_faults(injector: FaultInjector | None) -> None:
    """Install ``injector``, which each fault point of this process then calls; None removes the installed one."""
    _injectors[:] = [injector] if injector else []


def fault_point(step: Step, what: object = "") -> None:
    """Call the installed injector, if any, before the operation ``step`` on ``what``; it may raise an error."""
    for injector in _injectors:
        injector(step, str(what))
