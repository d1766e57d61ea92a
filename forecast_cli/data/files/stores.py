"""Addresses of object stores, and the pyarrow file systems that open them, with our own time limits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow.fs as pafs

from forecast_cli.data.files.storage import Access

SCHEMES: Final = ("s3", "gs", "gcs", "abfs", "abfss")
_ADDRESS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_MOST_ATTEMPTS: Final = 2
_S3_OPTIONS: Final = frozenset({"region", "endpoint_override", "scheme"})


@dataclass(frozen=True)
class Opened:
    """A file system, the path of the address in it, and what of the address must not be shown."""

    filesystem: pafs.FileSystem
    path: str
    secrets: tuple[str, ...] = ()


def scheme_of(path: str) -> str | None:
    """Return the scheme of an address in lower case, None for a path of this machine."""
    match = _ADDRESS.match(path)
    return match["scheme"].lower() if match else None


def open_store(access: Access) -> Opened:
    """Return the file system an address names; raises OSError or pyarrow's errors where there is none."""
    match scheme_of(access.address):
        case "s3":
            return _open_s3(access)
        case "gs" | "gcs":
            return _open_gcs(access)
        case _:
            filesystem, path = pafs.FileSystem.from_uri(access.address)
            return Opened(filesystem, path)


def _open_s3(access: Access) -> Opened:
    parts = urlsplit(access.address)
    options = _options(parts.query, _S3_OPTIONS)
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    credentials = {"access_key": key, "secret_key": secret} if key and secret else {}
    filesystem = pafs.S3FileSystem(
        **credentials,
        **options,
        connect_timeout=access.timeout,
        request_timeout=access.timeout,
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=_MOST_ATTEMPTS),
    )
    return Opened(filesystem, _path(access.address), tuple(filter(None, (secret, key))))


def _open_gcs(access: Access) -> Opened:
    parts = urlsplit(access.address)
    filesystem = pafs.GcsFileSystem(
        anonymous=parts.username == "anonymous",
        retry_time_limit=timedelta(seconds=access.timeout),
        **_options(parts.query, frozenset({"endpoint_override", "scheme", "project_id"})),
    )
    return Opened(filesystem, _path(access.address))


def _path(address: str) -> str:
    """Return bucket and key: the address without scheme, credentials and options."""
    parts = urlsplit(address)
    bucket = parts.netloc.rpartition("@")[2]
    return f"{bucket}{unquote(parts.path)}".rstrip("/")


def _options(query: str, known: frozenset[str]) -> Mapping[str, str]:
    options = dict(parse_qsl(query))
    unknown = sorted(options.keys() - known)
    if unknown:
        raise OSError(f"unknown option '{unknown[0]}' in its address, expected one of {', '.join(sorted(known))}")
    return options
