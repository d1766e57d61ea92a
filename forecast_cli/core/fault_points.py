"""Fault points: every operation the system may refuse passes one of these first, so that a test can make it fail."""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """The operation on a file or process that comes next."""

    WRITE = "write"
    SYNC = "fsync"
    RENAME = "rename"
    READ = "read"
    REMOVE = "remove"
    SPAWN = "spawn"


#: Called with each operation and the path it is about; raises what the system would.
FaultInjector = Callable[[Step, str], None]

_injectors: list[FaultInjector] = []


def inject_faults(injector: FaultInjector | None) -> None:
    """Have ``injector`` called at each fault point of this process from now on; None injects no more."""
    _injectors[:] = [injector] if injector else []


def fault_point(step: Step, what: object = "") -> None:
    """Let the injector, where a test has set one, fail the operation that comes next."""
    for injector in _injectors:
        injector(step, str(what))
