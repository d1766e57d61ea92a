"""Contents of an output behind one interface: a local folder, or the objects below an address."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from forecast_cli.core.fault_points import Step, fault_point

if TYPE_CHECKING:
    from forecast_cli.store.remote import Objects


class Contents(Protocol):
    """Files of an output, by names relative to it, with slashes. ``str`` gives the output as its user named it."""

    def names(self) -> Collection[str]:
        """Return the names of files and folders at the top of the output; raises OSError."""

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, None if it does not exist."""

    def has(self, name: str) -> bool:
        """Return whether a file or a folder exists; raises OSError."""

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, None if it does not exist; raises OSError."""


class FolderContents:
    """Contents of an output in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __str__(self) -> str:
        return str(self._folder)

    def names(self) -> Collection[str]:
        """Return the names of files and folders at the top of the output; raises OSError."""
        return [path.name for path in self._folder.iterdir()] if self._folder.exists() else []

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes, None if it does not exist."""
        try:
            return (self._folder / name).stat().st_size
        except OSError:
            return None

    def has(self, name: str) -> bool:
        """Return whether a file or a folder exists; raises OSError."""
        return (self._folder / name).exists()

    def read(self, name: str) -> bytes | None:
        """Return the content of a file, None if it does not exist; raises OSError."""
        fault_point(Step.READ, self._folder / name)
        try:
            return (self._folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None


class StoreContents:
    """Contents of an output in an object store, as listed when this was created.

    Raises OutputNotWrittenError if the store fails.
    """

    def __init__(self, objects: "Objects") -> None:
        self._objects = objects
        self.sizes = objects.sizes()

    def __str__(self) -> str:
        return str(self._objects)

    def names(self) -> Collection[str]:
        """Return the names of files and folders at the top of the output."""
        return {name.partition("/")[0] for name in self.sizes}

    def size(self, name: str) -> int | None:
        """Return the size of an object in bytes, None if it does not exist."""
        return self.sizes.get(name)

    def has(self, name: str) -> bool:
        """Return whether an object of that name, or one below a folder of that name, exists."""
        return name in self.sizes or any(other.startswith(f"{name}/") for other in self.sizes)

    def read(self, name: str) -> bytes | None:
        """Return the content of an object, None if it does not exist."""
        found = self._objects.read(name) if name in self.sizes else None
        return found[0] if found else None
