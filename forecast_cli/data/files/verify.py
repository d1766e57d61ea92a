"""Verification that a file's bytes are those that were written: by page checksums, or a sha256 in a sidecar file."""

from collections.abc import Iterable
from enum import StrEnum
from io import BufferedIOBase

from forecast_cli.data.files.chunks import Chunk
from forecast_cli.data.files.compact import MalformedError
from forecast_cli.data.files.pages import PageDamageError, check_pages
from forecast_cli.data.files.problems import BadFileError, Problem


class Verified(StrEnum):
    """How bytes were verified, the strongest first."""

    CRC = "crc"
    SHA256 = "sha256"
    NONE = "none"


def verify_pages(path: str, file: BufferedIOBase, chunks: Iterable[Chunk]) -> frozenset[Verified]:
    """Return CRC if all pages of ``chunks`` have a checksum and match it; raise BadFileError (IN03, IN04)."""
    try:
        return frozenset({Verified.CRC} if check_pages(file, chunks) else ())
    except PageDamageError as damage:
        raise BadFileError(Problem("IN03", path, str(damage))) from None
    except MalformedError as error:
        raise BadFileError(Problem("IN04", path, str(error))) from None


def verify_sha256(path: str, sha256: str, expected: str | None) -> frozenset[Verified]:
    """Return SHA256 if the content matches ``expected`` (None: unknown); raise BadFileError (IN03) if it differs."""
    if expected is None:
        return frozenset()
    if sha256 != expected:
        wanted = f"{expected[:12]}..." if expected else "nothing"
        what = f"sha256 is {sha256[:12]}..., its checksum file says {wanted}"
        raise BadFileError(Problem("IN03", path, what))
    return frozenset({Verified.SHA256})
