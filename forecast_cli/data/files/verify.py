"""How the bytes of a file are known to be the ones that were written: page checksums, or a sha256 beside it."""

from collections.abc import Iterable
from enum import StrEnum
from io import BufferedIOBase

from forecast_cli.data.files.chunks import Chunk
from forecast_cli.data.files.compact import MalformedError
from forecast_cli.data.files.pages import PageDamageError, check_pages
from forecast_cli.data.files.problems import BadFileError, Problem


class Verified(StrEnum):
    """How bytes were checked, the strongest first."""

    CRC = "crc"
    SHA256 = "sha256"
    NONE = "none"


def verify_pages(path: str, file: BufferedIOBase, chunks: Iterable[Chunk]) -> frozenset[Verified]:
    """Return CRC where all pages of ``chunks`` carry and pass a checksum; raises BadFileError (IN03, IN04)."""
    try:
        return frozenset({Verified.CRC} if check_pages(file, chunks) else ())
    except PageDamageError as damage:
        raise BadFileError(Problem("IN03", path, f"{path}: {damage}")) from None
    except MalformedError as error:
        raise BadFileError(Problem("IN04", path, f"{path}: {error}")) from None


def verify_sha256(path: str, sha256: str, expected: str | None) -> frozenset[Verified]:
    """Return SHA256 where the content is the ``expected`` one (None: not known); raises BadFileError else."""
    if expected is None:
        return frozenset()
    if sha256 != expected:
        wanted = f"{expected[:12]}..." if expected else "none at all"
        message = f"{path}: sha256 is {sha256[:12]}..., the file beside it says {wanted}"
        raise BadFileError(Problem("IN03", path, message))
    return frozenset({Verified.SHA256})
