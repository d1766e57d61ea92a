"""Inspection of one input file: its bytes, its checksums, its footer, and what is wrong with it."""

import hashlib
import os
import stat as modes
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from io import BufferedIOBase
from pathlib import Path
from typing import Final

from forecast_cli.core.text import is_utf8
from forecast_cli.data.files.addresses import scheme_of
from forecast_cli.data.files.chunks import Chunk
from forecast_cli.data.files.compact import MalformedError
from forecast_cli.data.files.footer import read_footer
from forecast_cli.data.files.listing import ListedFile
from forecast_cli.data.files.pages import PageDamageError, check_pages
from forecast_cli.data.files.problems import BadFileError, Problem
from forecast_cli.data.files.storage import Stat, Storage
from forecast_cli.data.read_errors import describe_error, refuse_limit
from forecast_cli.data.source import InputFile

_AZURE: Final = "AZURE_STORAGE_ACCOUNT_KEY, AZURE_CLIENT_ID"
_GOOGLE: Final = "GOOGLE_APPLICATION_CREDENTIALS"
#: Environment variables with credentials, by kind of store; those of S3 are the default.
_VARIABLES: Final = {"gs": _GOOGLE, "gcs": _GOOGLE, "abfs": _AZURE, "abfss": _AZURE}


class Verified(StrEnum):
    """How bytes were verified, the strongest first."""

    CRC = "crc"
    SHA256 = "sha256"
    NONE = "none"


@dataclass(frozen=True)
class InspectedFile:
    """A readable ``file``, the ``names`` of all its columns, and the checks that it supports and has passed."""

    file: InputFile
    names: tuple[str, ...]
    verified: frozenset[Verified]


def inspect_file(listed: ListedFile, columns: tuple[str, ...], storage: Storage) -> InspectedFile | Problem:
    """Read a file's bytes and footer; if it changes meanwhile, read it again; a second change is a fatal problem."""
    if not is_utf8(listed.path):
        hint = "rename it, or, if its name is UTF-8, set a UTF-8 locale: LC_ALL=C.UTF-8"
        return Problem("IN13", listed.path, "cannot be opened: its name is not UTF-8", hint)
    for _ in range(2):
        try:
            before = storage.stat(listed.path)
            found = _read(listed, columns, stat=before, storage=storage)
            after = storage.stat(listed.path)
        except OSError as error:
            return unreadable(listed.path, error)
        if after == before:
            return found
    hint = "run again once the file is completely written"
    return Problem("IN14", listed.path, "changed while it was read", hint, fatal=True, retryable=True)


def unreadable(path: str, error: OSError) -> Problem:
    """Return the problem for a file that cannot be opened, with its mode if that may be the reason."""
    refuse_limit(error, path)
    reason = error.strerror or describe_error(error)
    if "://" in path:
        return _reject_store(path, reason)
    if isinstance(error, FileNotFoundError) and Path(path).is_symlink():
        hint = "it is a link to a file that is not there: deliver that file, or remove the link"
        return Problem("IN13", path, f"cannot be opened: {reason}", hint)
    try:
        mode = f" (mode {modes.filemode(os.lstat(path).st_mode)})"
    except OSError:
        mode = ""
    hint = f"let this user read it, e.g. chmod u+r '{path}'" if mode else "check the path"
    return Problem("IN13", path, f"cannot be opened: {reason}{mode}", hint)


def _reject_store(path: str, reason: str) -> Problem:
    """Return the problem for an object store that fails to answer; a later attempt may succeed."""
    what = f"cannot be read from the object store: {reason}"
    variables = _VARIABLES.get(scheme_of(path) or "", "AWS_ACCESS_KEY_ID, AWS_PROFILE")
    hint = f"check the address, the credentials (e.g. {variables}) and the network, then run again"
    return Problem("IN15", path, what, hint, fatal=True, retryable=True)


def _read(listed: ListedFile, columns: tuple[str, ...], *, stat: Stat, storage: Storage) -> InspectedFile | Problem:
    path = listed.path
    try:
        with storage.open(path) as file:
            footer = read_footer(path, file, size=stat.size, columns=columns)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            passed = _verify_sha256(path, sha256, listed.expected_sha256)
            passed |= _verify_pages(path, file, footer.chunks)
    except BadFileError as error:
        return error.problem
    found = InputFile(
        path=path,
        size=stat.size,
        mtime_ns=stat.mtime_ns,
        sha256=sha256,
        rows=footer.rows,
        hive=listed.hive,
        columns=footer.dtypes,
        groups=footer.groups,
        constants=footer.constants,
    )
    return InspectedFile(found, footer.names, passed)


def _verify_pages(path: str, file: BufferedIOBase, chunks: Iterable[Chunk]) -> frozenset[Verified]:
    """Return CRC if all pages of ``chunks`` have a checksum and match it; raise BadFileError (IN03, IN04)."""
    try:
        return frozenset({Verified.CRC} if check_pages(file, chunks) else ())
    except PageDamageError as damage:
        raise BadFileError(Problem("IN03", path, str(damage))) from None
    except MalformedError as error:
        raise BadFileError(Problem("IN04", path, str(error))) from None


def _verify_sha256(path: str, sha256: str, expected: str | None) -> frozenset[Verified]:
    """Return SHA256 if the content matches ``expected`` (None: unknown); raise BadFileError (IN03) if it differs."""
    if expected is None:
        return frozenset()
    if sha256 != expected:
        wanted = f"{expected[:12]}..." if expected else "nothing"
        what = f"sha256 is {sha256[:12]}..., its checksum file says {wanted}"
        raise BadFileError(Problem("IN03", path, what))
    return frozenset({Verified.SHA256})
