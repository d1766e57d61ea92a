"""What an output holds, looked at in one way: a folder of this machine, or the objects below an address."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from forecast_cli.core.fault_points import Step, fault_point

if TYPE_CHECKING:
    from forecast_cli.store.remote import Objects


class Held(Protocol):
    """The files of an output, by names relative to it with slashes. Shown as its user names it."""

    def names(self) -> Collection[str]:
        """Return the names that stand in it, those of folders too."""

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, None where it is not there."""

    def has(self, name: str) -> bool:
        """Say whether a file or a folder is there."""

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, None where it is not there; raises OSError."""


class HeldByFolder:
    """An output in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def names(self) -> Collection[str]:
        """Return the names that stand in it, those of folders too."""
        return [path.name for path in self._folder.iterdir()] if self._folder.exists() else []

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, None where it is not there."""
        try:
            return (self._folder / name).stat().st_size
        except OSError:
            return None

    def has(self, name: str) -> bool:
        """Say whether a file or a folder is there."""
        return (self._folder / name).exists()

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, None where it is not there; raises OSError."""
        fault_point(Step.READ, self._folder / name)
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return None


class HeldByStore:
    """An output in an object store, as it was listed at one time."""

    def __init__(self, objects: "Objects") -> None:
        self._objects = objects
        self.sizes = objects.sizes()

    def __str__(self) -> str:
        return str(self._objects)

    def names(self) -> Collection[str]:
        """Return the names that stand in it, those of folders too."""
        return {name.partition("/")[0] for name in self.sizes}

    def size(self, name: str) -> int | None:
        """Return the size of an object in bytes, None where it is not there."""
        return self.sizes.get(name)

    def has(self, name: str) -> bool:
        """Say whether an object or a folder is there."""
        return name in self.sizes or any(other.startswith(f"{name}/") for other in self.sizes)

    def read(self, name: str) -> bytes | None:
        """Return what an object holds, None where it is not there."""
        found = self._objects.read(name) if name in self.sizes else None
        return found[0] if found else None
