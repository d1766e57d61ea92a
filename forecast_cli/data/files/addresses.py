"""Addresses of object stores, such as ``s3://bucket/folder``: what they name, and how they are shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, unquote, urlsplit

from forecast_cli.core.redact import redact

SCHEMES: Final = ("s3", "gs", "gcs", "abfs", "abfss")
_ADDRESS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_ONCE_ADDRESS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/")
_AZURE: Final = ("abfs", "abfss")
S3_OPTIONS: Final = frozenset({"region", "endpoint_override", "scheme"})
GCS_OPTIONS: Final = frozenset({"endpoint_override", "scheme", "project_id"})


@dataclass(frozen=True)
class Address:
    """A place in an object store. It may hold credentials and options, and is shown without."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return redact(f"{scheme_of(self.text)}://{bucket_and_key(self.text)}")

    def __truediv__(self, name: str) -> "Address":
        return Address(f"{self}/{name}")


#: Where the output of a run is: a folder of this machine, or a place in an object store.
Output: TypeAlias = Path | Address


def output_at(text: str) -> Output:
    """Return the place that a user names."""
    return Address(text) if scheme_of(text) in SCHEMES else Path(text)


def scheme_of(path: str) -> str | None:
    """Return the scheme of an address in lower case, None for a path of this machine."""
    match = _ADDRESS.match(path)
    return match["scheme"].lower() if match else None


def lost_scheme(path: Path) -> str | None:
    """Return the scheme of the address that a path was made from, None for a path of this machine.

    ``Path`` turns ``s3://bucket`` into ``s3:/bucket``. A single letter before the colon is a drive, not a scheme.
    """
    match = _ONCE_ADDRESS.match(str(path))
    return match["scheme"] if match else None


def bucket_and_key(address: str) -> str:
    """Return an address without scheme, credentials and options; of Azure, container and key."""
    parts = urlsplit(address)
    bucket, path = parts.netloc.rpartition("@")[2], unquote(parts.path)
    if scheme_of(address) in _AZURE and azure_account(address):
        bucket = user_of(address)[0] if ".dfs." in bucket else bucket
        bucket, path = (path.strip("/"), "") if ".blob." in bucket else (bucket, path)
    return f"{bucket}{path}".rstrip("/")


def azure_account(address: str) -> str | None:
    """Return the account that the host of an address of Azure names, None where that is the container."""
    host = urlsplit(address).netloc.rpartition("@")[2]
    account, _, rest = host.partition(".")
    return account if rest.startswith(("dfs.", "blob.")) else None


def user_of(address: str) -> tuple[str, str]:
    """Return user and password of an address, each empty where it has none."""
    parts = urlsplit(address)
    return unquote(parts.username or ""), unquote(parts.password or "")


def options_of(address: str, known: frozenset[str]) -> Mapping[str, str]:
    """Return the options of an address; raises OSError for one that is not ``known``."""
    options = dict(parse_qsl(urlsplit(address).query))
    unknown = sorted(options.keys() - known)
    if unknown:
        raise OSError(f"unknown option '{unknown[0]}' in its address, expected one of {', '.join(sorted(known))}")
    return options
