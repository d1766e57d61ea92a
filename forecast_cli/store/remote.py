"""Objects below one address of a store: listed, read, and written as a whole, on a condition if one is given."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import AzureStore, GCSStore, MemoryStore, S3Store

from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.core.redact import redact
from forecast_cli.store.atomic import make_folder, raise_write_errors

if TYPE_CHECKING:
    from obstore import UpdateVersion

Store: TypeAlias = S3Store | GCSStore | AzureStore | MemoryStore

_FAILURES: Final = (BaseError, FileNotFoundError, ValueError)
#: A larger file is put in pieces.
_ONE_PUT: Final = 100_000_000
_PIECE: Final = 16 * 1024 * 1024
#: Objects removed in one call: the library sends all requests of a call at the same time.
_REMOVED_AT_ONCE: Final = 1000
_STATUS: Final = re.compile(r"status code: (\d{3}[A-Za-z ]*)")
_CODE: Final = re.compile(r"<Code>(\w+)</Code>")
_NO_CREDENTIALS: Final = ("169.254.", "metadata.google", "No credentials", "credentials were not")
_AGAIN: Final = "run the same command again: finished shards are kept"


@dataclass(frozen=True)
class Version:
    """Identifies the content of an object: its ETag, and in some stores its generation."""

    e_tag: str | None = None
    version: str | None = None


class Objects:
    """The objects below an address, by their names relative to it. Raises OutputNotWrittenError, without secrets."""

    def __init__(self, store: Store, shown: str, *, bulk: Store | None = None, secrets: Sequence[str] = ()) -> None:
        self._store, self._bulk = store, bulk or store
        self._shown, self._secrets = shown, tuple(secrets)

    def __str__(self) -> str:
        return self._shown

    def sizes(self) -> dict[str, int]:
        """Return the size in bytes of each object there is."""
        with self._raise_store_errors("listed"):
            return {found["path"]: found["size"] for found in obstore.list(self._store).collect() if found["path"]}

    def refuse_unreachable(self) -> None:
        """Ask for the first objects only; raises OutputNotWrittenError if the store cannot be reached or refuses."""
        with self._raise_store_errors("listed"):
            next(obstore.list(self._store, chunk_size=1), None)

    def read(self, name: str) -> tuple[bytes, Version] | None:
        """Return the content of an object and its version, None if it does not exist."""
        with self._raise_store_errors("read", name):
            try:
                found = obstore.get(self._store, name)
                return bytes(found.bytes()), Version(found.meta["e_tag"], found.meta["version"])
            except FileNotFoundError:
                return None

    def fetch(self, name: str, path: Path) -> None:
        """Write an object to a local file."""
        make_folder(path.parent)
        with self._raise_store_errors("read", name):
            found = obstore.get(self._bulk, name)
            with raise_write_errors(path), path.open("wb") as file:
                for piece in found.stream(min_chunk_size=_PIECE):
                    file.write(piece)

    def put(self, name: str, content: bytes) -> None:
        """Write an object, replacing any that exists."""
        with self._raise_store_errors("written", name):
            obstore.put(self._store, name, content, use_multipart=False)

    def put_file(self, name: str, path: Path) -> None:
        """Write an object from a local file, replacing any that exists."""
        with self._raise_store_errors("written", name):
            large = path.stat().st_size > _ONE_PUT
            obstore.put(self._bulk, name, path, use_multipart=large, chunk_size=_PIECE, max_concurrency=4)

    def create(self, name: str, content: bytes) -> Version | None:
        """Create an object and return its version; None if it exists already."""
        with self._raise_store_errors("written", name):
            try:
                put = obstore.put(self._store, name, content, mode="create")
            except AlreadyExistsError:
                return None
            return Version(put["e_tag"], put["version"])

    def replace(self, name: str, content: bytes, version: Version) -> Version | None:
        """Replace an object that still has ``version`` and return its new version; None if it has another."""
        with self._raise_store_errors("written", name):
            try:
                put = obstore.put(self._store, name, content, mode=_match_condition(version))
            except (PreconditionError, AlreadyExistsError, FileNotFoundError):
                return None
            return Version(put["e_tag"], put["version"])

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; an object that does not exist is no error."""
        for start in range(0, len(names), _REMOVED_AT_ONCE):
            self._remove(names[start : start + _REMOVED_AT_ONCE])

    def _remove(self, names: Sequence[str]) -> None:
        with self._raise_store_errors("removed", names[0]):
            try:
                obstore.delete(self._store, names)
            except FileNotFoundError:
                if len(names) > 1:
                    for name in names:
                        self._remove([name])

    @contextmanager
    def _raise_store_errors(self, what: str, name: str = "") -> Iterator[None]:
        try:
            yield
        except _FAILURES as error:
            where = f"{self}/{name}" if name else str(self)
            why, hint = _describe(error)
            raise OutputNotWrittenError(f"{where}: cannot be {what}: {redact(why, self._secrets)}", hint) from None


def _match_condition(version: Version) -> "UpdateVersion":
    wanted: UpdateVersion = {}
    if version.e_tag is not None:
        wanted["e_tag"] = version.e_tag
    if version.version is not None:
        wanted["version"] = version.version
    return wanted


def _describe(error: Exception) -> tuple[str, str]:
    """Return in a few words why a store did not do what it was asked, and what to do."""
    text = str(error)
    status, code = _STATUS.search(text), _CODE.search(text)
    answer = " ".join(found[1].strip() for found in (status, code) if found)
    if any(sign in text for sign in _NO_CREDENTIALS):
        return "no credentials were found", _credentials_hint()
    if isinstance(error, PermissionDeniedError | UnauthenticatedError) or answer.startswith(("401", "403")):
        return f"the store refuses access ({answer or 'access denied'})", _credentials_hint()
    if "kind: Timeout" in text or "timed out" in text:
        return "the store does not answer in time", _AGAIN
    if "error sending request" in text:
        return "the store cannot be reached", f"check the address and the network, then {_AGAIN}"
    if isinstance(error, FileNotFoundError) or answer.startswith("404"):
        return f"no such object or bucket ({answer or 'not found'})", "check the address, including the bucket"
    return answer or text.partition("\n")[0], _AGAIN


def _credentials_hint() -> str:
    needed = "give credentials that may list, read, write and delete at this address; see docs/object-stores.md"
    if "AWS_PROFILE" in os.environ:
        return f'{needed}; profiles are not read, export one: eval "$(aws configure export-credentials --format env)"'
    return needed
