"""Where bytes lie: one small interface over local files and object stores."""

import os
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote

_FILE: Final = "file://"
#: Files or objects that are looked into at a time, at most.
AT_ONCE: Final = 8


@dataclass(frozen=True)
class Stat:
    """Size in bytes and time of last change of one file: where either differs, the file changed."""

    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Access:
    """How an object store is opened: its address, which may hold credentials and is shown to nobody.

    ``timeout`` is how many seconds it may take to answer.
    """

    address: str = field(repr=False)
    timeout: float


class Storage(Protocol):
    """A place files are read from. Its methods raise OSError."""

    def stat(self, path: str) -> Stat:
        """Return size and time of last change."""

    def open(self, path: str) -> BufferedIOBase:
        """Return the bytes of a file, readable and seekable."""


class LocalStorage:
    """Files of this machine."""

    def stat(self, path: str) -> Stat:
        """Return size and time of last change."""
        found = os.stat(path)  # noqa: PTH116
        return Stat(found.st_size, found.st_mtime_ns)

    def open(self, path: str) -> BufferedIOBase:
        """Return the bytes of a file, readable and seekable."""
        return Path(path).open("rb")


def without_file_scheme(path: str) -> str:
    """Return the path that a ``file://`` address names; any other path or address as it is."""
    return unquote(path[len(_FILE) :]) if path.lower().startswith(_FILE) else path


def storage_of(access: Access | None) -> Storage:
    """Return the storage that ``access`` opens: local files where it is None."""
    if access is None:
        return LocalStorage()
    from forecast_cli.data.files.objects import ObjectStorage  # pyarrow's file systems are heavy

    return ObjectStorage(access)
