"""Contents of an output behind one interface: a local folder, or the objects below an address."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.store.layout import FORECASTS

if TYPE_CHECKING:
    from forecast_cli.store.remote import Objects


class Contents(Protocol):
    """Files of an output, by names relative to it, with slashes. ``str`` gives the output as its user named it."""

    def names(self) -> Collection[str]:
        """Return the names of files and folders at the top of the output and in ``FORECASTS``; raises OSError."""

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
        """Return the names of files and folders at the top of the output and in ``FORECASTS``; raises OSError."""
        return list_names(self._folder) if self._folder.exists() else []

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
        """Return the names of files and folders at the top of the output and in ``FORECASTS``."""
        tops = {name.partition("/")[0] for name in self.sizes}
        shown = (name for name in self.sizes if name.startswith(f"{FORECASTS}/"))
        return tops | {"/".join(name.split("/")[:2]).rstrip("/") for name in shown}

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


def list_names(output: Path) -> list[str]:
    """Return the names of files and folders at the top of an output folder and in ``FORECASTS``; raises OSError."""
    shown = output / FORECASTS
    found = [*output.iterdir(), *(shown.iterdir() if shown.is_dir() else ())]
    return [path.relative_to(output).as_posix() for path in found]
