"""Listing of an input: the local files or the objects of a store that its path names, with their checksums if known."""

from dataclasses import dataclass, replace

from forecast_cli.config.settings import Settings
from forecast_cli.core.redact import redact
from forecast_cli.data.files.addresses import SCHEMES, scheme_of
from forecast_cli.data.files.inspect import unreadable
from forecast_cli.data.files.listing import Listing, list_local, reject_nothing
from forecast_cli.data.files.problems import summarize_problems
from forecast_cli.data.files.sidecar import read_sidecars
from forecast_cli.data.files.storage import Access, LocalStorage, Storage, without_file_scheme


@dataclass(frozen=True)
class ListedInput:
    """The files of an input, and where they are read from. ``access`` is None for local files."""

    listing: Listing
    storage: Storage
    access: Access | None = None


def list_input(path: str, settings: Settings) -> ListedInput:
    """Return the files of ``path``, or a listing that rejects the run if they cannot be listed."""
    path = without_file_scheme(path)
    try:
        if "://" in path:
            return _list_store(path, settings)
        storage = LocalStorage()
        listing = list_local(path, require_success=settings.require_success)
        return ListedInput(_with_checksums(listing, storage), storage)
    except OSError as error:
        return ListedInput(_reject(path, error, settings), LocalStorage())


def _list_store(path: str, settings: Settings) -> ListedInput:
    scheme = scheme_of(path)
    if scheme not in SCHEMES:
        return ListedInput(_reject_scheme(path), LocalStorage())
    from forecast_cli.data.files.objects import ObjectStorage, list_objects  # pyarrow's file systems are heavy

    access = Access(path, settings.read_timeout)
    storage = ObjectStorage(access)
    listing = list_objects(storage, scheme, require_success=settings.require_success)
    return ListedInput(_with_checksums(listing, storage), storage, access)


def _with_checksums(listing: Listing, storage: Storage) -> Listing:
    expected = read_sidecars(listing.sidecars, storage)
    files = (replace(file, expected_sha256=expected.get(file.path)) for file in listing.files)
    return replace(listing, files=tuple(files))


def _reject_scheme(path: str) -> Listing:
    what = f"unknown kind of address '{scheme_of(path)}://', expected one of {', '.join(SCHEMES)}"
    return reject_nothing(_redacted_path(path), what, "copy the files to this machine, or to one of these stores")


def _reject(path: str, error: OSError, settings: Settings) -> Listing:
    shown = _redacted_path(path)
    where = shown if "://" in path else str(error.filename or path)
    problem = replace(unreadable(where, error), fatal=True)
    return Listing(shown, (), tuple(summarize_problems([problem], settings.on_bad_file, total=1)))


def _redacted_path(path: str) -> str:
    """Return a path in the form that may be shown: an address without credentials and options."""
    return redact(path.partition("?")[0]) if "://" in path else path
