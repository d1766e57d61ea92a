"""Storage: one small interface to local files and object stores."""

import os
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote

_FILE: Final = "file://"
#: Most files or objects inspected at a time.
AT_ONCE: Final = 8


@dataclass(frozen=True)
class Stat:
    """Size in bytes and modification time of a file; a file has changed if either differs."""

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Access:
    """How to open an object store: its address, which may hold credentials and is never shown.

    ``timeout`` is the most seconds it may take to answer.
    """

    address: str = field(repr=False)
    timeout: float


class Storage(Protocol):
    """A place to read files from. Its methods raise OSError."""

    def stat(self, path: str) -> Stat:
        """Return size and time of last change."""

    def open(self, path: str) -> BufferedIOBase:
        """Return the bytes of a file, readable and seekable."""


class LocalStorage:
    """Storage of local files."""

    def stat(self, path: str) -> Stat:
        """Return size and time of last change."""
        found = os.stat(path)  # noqa: PTH116
        return Stat(found.st_size, found.st_mtime_ns)

    def open(self, path: str) -> BufferedIOBase:
        """Return the bytes of a file, readable and seekable."""
        return Path(path).open("rb")


def without_file_scheme(path: str) -> str:
    """Return the path of a ``file://`` address; any other path or address unchanged."""
    return unquote(path[len(_FILE) :]) if path.lower().startswith(_FILE) else path


def storage_of(access: Access | None) -> Storage:
    """Return the storage for ``access``: local files if it is None."""
    if access is None:
        return LocalStorage()
    from forecast_cli.data.files.objects import ObjectStorage  # pyarrow's file systems are heavy

    return ObjectStorage(access)
