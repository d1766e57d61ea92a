"""Checksums delivered beside the data: ``NAME.sha256``, or ``SHA256SUMS`` in a folder."""

import re
from collections.abc import Iterable
from typing import Final

from forecast_cli.data.files.storage import Storage

SUMS: Final = "SHA256SUMS"
SUFFIX: Final = ".sha256"
_LONGEST: Final = 1 << 26
_LINE: Final = re.compile(r"(?P<sha256>[0-9a-fA-F]{64})(?:\s+\*?(?P<name>.+?))?\s*")


def is_sidecar(path: str) -> bool:
    """Return whether a file holds checksums of other files."""
    return path.endswith(SUFFIX) or path.rsplit("/", maxsplit=1)[-1] == SUMS


def read_sidecars(sidecars: Iterable[str], storage: Storage) -> dict[str, str]:
    """Return the expected sha256 of each path that ``sidecars`` name; raises OSError.

    For a ``NAME.sha256`` without a sha256 in it, the expected value is empty, which no file matches.
    """
    expected: dict[str, str] = {}
    for sidecar in sorted(sidecars, key=lambda path: path.endswith(SUFFIX)):
        with storage.open(sidecar) as file:
            lines = file.read(_LONGEST).decode("utf-8", errors="replace").splitlines()
        expected |= _sums(sidecar, lines) if sidecar.split("/")[-1] == SUMS else _single(sidecar, lines)
    return expected


def _sums(sidecar: str, lines: Iterable[str]) -> dict[str, str]:
    folder = sidecar[: -len(SUMS)]
    found = (_LINE.fullmatch(line) for line in lines)
    return {
        folder + match["name"].removeprefix("./"): match["sha256"].lower() for match in found if match and match["name"]
    }


def _single(sidecar: str, lines: Iterable[str]) -> dict[str, str]:
    match = _LINE.fullmatch(next(iter(lines), ""))
    return {sidecar.removesuffix(SUFFIX): match["sha256"].lower() if match else ""}
