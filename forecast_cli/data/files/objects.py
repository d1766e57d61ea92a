"""Object stores, listed and read through pyarrow, each call with a time limit."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from io import BufferedIOBase
from threading import Thread
from typing import TypeVar, cast

import pyarrow.fs as pafs

from forecast_cli.core.redact import redact
from forecast_cli.data.files.chunks import MAGIC
from forecast_cli.data.files.hive import trailing_hive_keys
from forecast_cli.data.files.listing import ListedFile, Listing, list_below, reject_nothing
from forecast_cli.data.files.selection import (
    check_success,
    has_glob,
    may_be_parquet,
    select_parquet,
    split_glob,
    with_unnamed,
)
from forecast_cli.data.files.sidecar import SUFFIX, SUMS
from forecast_cli.data.files.storage import AT_ONCE, Access, Stat
from forecast_cli.data.files.stores import open_store
from forecast_cli.data.read_errors import describe_error, read_errors

T = TypeVar("T")


class ObjectStorage:
    """Objects of one store, by paths such as ``s3://bucket/key``. Raises OSError, without secrets in it."""

    def __init__(self, access: Access) -> None:
        self._timeout = access.timeout
        self._secrets: tuple[str, ...] = ()
        opened = self._request(lambda: open_store(access))
        self.filesystem = opened.filesystem
        self.path = opened.path
        self._secrets = opened.secrets

    def stat(self, path: str) -> Stat:
        """Return size and time of last change."""
        info = self._request(lambda: self.filesystem.get_file_info(key_of(path)))
        if info.type is not pafs.FileType.File:
            raise FileNotFoundError(2, "no such object", path)
        return Stat(info.size, info.mtime_ns or 0)

    def open(self, path: str) -> BufferedIOBase:
        """Return the bytes of an object, readable and seekable."""
        return cast(BufferedIOBase, self._request(lambda: self.filesystem.open_input_file(key_of(path))))

    def list_files(self, folder: str) -> list[str]:
        """Return the paths of all objects below ``folder``, relative to it."""
        selector = pafs.FileSelector(folder, recursive=True, allow_not_found=True)
        infos = self._request(lambda: self.filesystem.get_file_info(selector))
        return [info.path[len(folder) :].lstrip("/") for info in infos if info.type is pafs.FileType.File]

    def may_be_parquet(self, keys: Sequence[str]) -> list[bool]:
        """Return for each object whether it begins like parquet; several are read at a time."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda key: may_be_parquet(partial(self._read_start, key)), keys))

    def _read_start(self, key: str) -> bytes:
        def read() -> bytes:
            with self.filesystem.open_input_file(key) as file:
                return bytes(file.read(len(MAGIC)))

        return self._request(read)

    def is_object(self, key: str) -> bool:
        """Return whether ``key`` is an object and not a folder."""
        return bool(self._request(lambda: self.filesystem.get_file_info(key)).type is pafs.FileType.File)

    def _request(self, call: Callable[[], T]) -> T:
        try:
            return _call_with_timeout(self._timeout, call)
        except read_errors() as error:
            raise OSError(redact(describe_error(error), self._secrets)) from None


def key_of(path: str) -> str:
    """Return bucket and key of a path such as ``s3://bucket/key``."""
    return path.partition("://")[2]


def list_objects(storage: ObjectStorage, scheme: str, *, require_success: bool) -> Listing:
    """List the parquet objects of the address that ``storage`` was opened by. Raises OSError."""
    key = storage.path
    shown = f"{scheme}://{key}"
    if storage.is_object(key):
        file = ListedFile(shown, trailing_hive_keys(key.split("/")[:-1]))
        return Listing(shown, (file,), sidecars=_sidecars_of(key, storage, scheme))
    folder, pattern = split_glob(key) if has_glob(key) else (key, "**")
    present = storage.list_files(folder)
    if not present:
        return reject_nothing(shown, "nothing there", "check the address, including the folder")
    selection = with_unnamed(
        select_parquet(present, pattern), lambda paths: storage.may_be_parquet([f"{folder}/{path}" for path in paths])
    )
    listing = list_below(f"{scheme}://{folder}", selection, shown=shown, present=present)
    findings = check_success(selection, present, shown) if require_success and selection.data else []
    return Listing(shown, listing.files, (*listing.findings, *findings), listing.sidecars)


def _sidecars_of(key: str, storage: ObjectStorage, scheme: str) -> tuple[str, ...]:
    """Return the objects with checksums beside one object; one that may not be looked for counts as absent."""
    found = []
    for beside in (f"{key}{SUFFIX}", f"{key.rpartition('/')[0]}/{SUMS}"):
        with suppress(OSError):  # the rights to read an object need not include those to look for others
            found += [f"{scheme}://{beside}"] if storage.is_object(beside) else []
    return tuple(found)


def _call_with_timeout(seconds: float, call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or raise what it raises; TimeoutError if it takes longer, without stopping it."""
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised by the waiting thread
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return answer.result(timeout=seconds)
    except TimeoutError:
        raise TimeoutError(f"no answer within {seconds:g} s") from None
