"""The seam: each step that the world may refuse is announced here before it is taken, so that a test can refuse it."""

from collections.abc import Callable
from enum import StrEnum


class Step(StrEnum):
    """What is about to be done to files and processes."""

    WRITE = "write"
    SYNC = "fsync"
    RENAME = "rename"
    READ = "read"
    REMOVE = "remove"
    SPAWN = "spawn"


#: Told of each step and of the path it is about; raises in place of the system.
Refusal = Callable[[Step, str], None]

_refusals: list[Refusal] = []


def refuse_by(refusal: Refusal | None) -> None:
    """Have ``refusal`` told of each step of this process from now on; nobody with None."""
    _refusals[:] = [refusal] if refusal else []


def about_to(step: Step, what: object = "") -> None:
    """Say which step comes next."""
    for refusal in _refusals:
        refusal(step, str(what))
