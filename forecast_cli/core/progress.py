"""Progress of a long job, reported to a listener; the default listener does nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Progress(Protocol):
    """Listener for the progress of one job."""

    def start(self, description: str, total: int | None = None, unit: str = "account") -> None:
        """Begin a stage of ``total`` times ``unit``, a noun in the singular; None if its progress is not counted."""

    def advance(self, count: int) -> None:
        """Report that ``count`` more units are done."""

    def warn(self, message: str) -> None:
        """Warn the user, once. Ids in the message are marked: ``core.ids`` shows or hashes them."""

    def finish(self) -> None:
        """End the stage."""


@contextmanager
def stage(progress: Progress, description: str, total: int | None = None, unit: str = "account") -> Iterator[None]:
    """Begin a stage, as ``Progress.start`` does, and end it with the block."""
    progress.start(description, total, unit)
    try:
        yield
    finally:
        progress.finish()


class NullProgress:
    """Progress listener that does nothing."""

    def start(self, description: str, total: int | None = None, unit: str = "account") -> None:
        """Do nothing."""

    def advance(self, count: int) -> None:
        """Do nothing."""

    def warn(self, message: str) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""
