"""Addresses of object stores, such as ``s3://bucket/folder``: their parts, and how they are shown."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, unquote

from forecast_cli.core.redact import redact

#: Hint for a path that ``is_unexpanded``.
WRITE_HOME: Final = "write the path in full; in a shell, $HOME stands for ~ in any place"
SCHEMES: Final = ("s3", "gs", "gcs", "abfs", "abfss")
_ADDRESS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://")
_ONCE_ADDRESS: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/")
_AZURE: Final = ("abfs", "abfss")
S3_OPTIONS: Final = frozenset({"region", "endpoint_override", "scheme"})
GCS_OPTIONS: Final = frozenset({"endpoint_override", "scheme", "project_id"})


@dataclass(frozen=True)
class Address:
    """Place in an object store. ``text`` may hold credentials and options; ``str`` gives the address without them.

    Characters that an address cannot hold as they are stay percent-encoded, so that what is shown is an address again.
    """

    text: str = field(repr=False)

    def __str__(self) -> str:
        shown = _place(self.text).replace("%", "%25").replace("?", "%3F").replace("#", "%23")
        return redact(f"{scheme_of(self.text)}://{shown}")

    def __truediv__(self, name: str) -> "Address":
        return Address(f"{self}/{name}")


#: Where the output of a run is: a folder of this machine, or a place in an object store.
Output: TypeAlias = Path | Address


def output_at(text: str) -> Output:
    """Return the place that ``text`` names: an Address where its scheme is one of SCHEMES, else a Path."""
    return Address(text) if scheme_of(text) in SCHEMES else Path(text)


def scheme_of(path: str) -> str | None:
    """Return the scheme of an address in lower case, None for a path on this machine."""
    match = _ADDRESS.match(path)
    return match["scheme"].lower() if match else None


def lost_scheme(path: Path) -> str | None:
    """Return the scheme of the address that a path was made from, None for a path on this machine.

    ``Path`` turns ``s3://bucket`` into ``s3:/bucket``. A single letter before the colon is a drive, not a scheme.
    """
    match = _ONCE_ADDRESS.match(str(path))
    return match["scheme"] if match else None


def is_unexpanded(path: Path) -> bool:
    """Return whether a path begins with a ``~`` that no shell has replaced, or with ``~`` and the name of a user.

    Python takes it for the name of a folder, polars for that user's home: they would look in different places.
    """
    return path.parts[:1] == ("~",) or os.path.expanduser(path) != str(path)  # noqa: PTH111 - as polars does


def bucket_and_key(address: str) -> str:
    """Return the bucket (in Azure the container) and the key of an address, percent-decoded and joined by a slash."""
    bucket, path = host_of(address), unquote(_split(address)[1])
    if scheme_of(address) in _AZURE and azure_account(address):
        bucket = user_of(address)[0] if ".dfs." in bucket else bucket
        bucket, path = (path.strip("/"), "") if ".blob." in bucket else (bucket, path)
    return f"{bucket}{path}".rstrip("/")


def azure_account(address: str) -> str | None:
    """Return the account in the host of an address of Azure, None where the container stands in its place."""
    account, _, rest = host_of(address).partition(".")
    return account if rest.startswith(("dfs.", "blob.")) else None


def host_of(address: str) -> str:
    """Return what stands between user and path of an address: a host and its port, or the name of a bucket."""
    return _split(address)[0].rpartition("@")[2]


def user_of(address: str) -> tuple[str, str]:
    """Return user and password of an address, percent-decoded, each empty where the address has none."""
    user, _, password = _split(address)[0].rpartition("@")[0].partition(":")
    return unquote(user), unquote(password)


def options_of(address: str, known: frozenset[str]) -> Mapping[str, str]:
    """Return the options of an address by name; raises OSError for one that is not ``known``."""
    options = dict(parse_qsl(_split(address)[2]))
    unknown = sorted(options.keys() - known)
    if unknown:
        raise OSError(f"unknown option '{unknown[0]}' in its address, expected one of {', '.join(sorted(known))}")
    return options


def _place(address: str) -> str:
    """Return an address without scheme, credentials and options; in Azure with the account if its host names it."""
    named, host = bucket_and_key(address), host_of(address)
    if scheme_of(address) not in _AZURE or not azure_account(address):
        return named
    container, slash, key = named.partition("/")
    return f"{host}/{named}" if ".blob." in host else f"{container}@{host}{slash}{key}"


def _split(address: str) -> tuple[str, str, str]:
    """Return authority, path and query of an address; unlike ``urlsplit``, they may hold any characters."""
    rest, _, query = address.partition("://")[2].partition("#")[0].partition("?")
    authority, slash, path = rest.partition("/")
    return authority, slash + path, query
