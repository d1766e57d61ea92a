"""Progress of a long job, told to whoever listens. The default listens to nothing."""

from typing import Protocol


class Progress(Protocol):
    """Listener of one job. Totals and counts of a stage are in accounts, or where it says so in rows."""

    def start(self, description: str, total: int | None = None) -> None:
        """Begin a stage of ``total``; None where nobody counts how far it is."""

    def advance(self, count: int) -> None:
        """Say that ``count`` more are done."""

    def warn(self, message: str) -> None:
        """Say something the user should know, once. Ids in it are marked: ``core.ids`` shows or hashes them."""

    def finish(self) -> None:
        """End the stage."""


class NullProgress:
    """Listens to nothing."""

    def start(self, description: str, total: int | None = None) -> None:
        """Do nothing."""

    def advance(self, count: int) -> None:
        """Do nothing."""

    def warn(self, message: str) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""
