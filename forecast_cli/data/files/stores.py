"""The pyarrow file systems that open addresses of object stores, with time limits."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pyarrow.fs as pafs

from forecast_cli.data.files.addresses import GCS_OPTIONS, S3_OPTIONS, bucket_and_key, options_of, scheme_of, user_of
from forecast_cli.data.files.azure import account_at
from forecast_cli.data.files.storage import Access

_MOST_ATTEMPTS: Final = 2
#: An option that can only be given in the address, such as ``credential_kind=anonymous``.
_AS_IT_STANDS: Final = "credential_kind="


@dataclass(frozen=True)
class Opened:
    """A file system, the path of the address in it, and the parts of the address that must not be shown."""

    filesystem: pafs.FileSystem
    path: str
    secrets: tuple[str, ...] = ()


def open_store(access: Access) -> Opened:
    """Return the file system an address names; raises OSError or pyarrow's errors if there is none."""
    match scheme_of(access.address):
        case "s3":
            return _open_s3(access)
        case "gs" | "gcs":
            return _open_gcs(access)
        case _:
            return _open_azure(access)


def _open_s3(access: Access) -> Opened:
    options = options_of(access.address, S3_OPTIONS)
    key, secret = user_of(access.address)
    credentials = {"access_key": key, "secret_key": secret} if key and secret else {}
    filesystem = pafs.S3FileSystem(
        **credentials,
        **options,
        connect_timeout=access.timeout,
        request_timeout=access.timeout,
        retry_strategy=pafs.AwsStandardS3RetryStrategy(max_attempts=_MOST_ATTEMPTS),
    )
    return Opened(filesystem, bucket_and_key(access.address), tuple(filter(None, (secret, key))))


def _open_gcs(access: Access) -> Opened:
    filesystem = pafs.GcsFileSystem(
        anonymous=user_of(access.address)[0] == "anonymous",
        retry_time_limit=timedelta(seconds=access.timeout),
        **options_of(access.address, GCS_OPTIONS),
    )
    return Opened(filesystem, bucket_and_key(access.address))


def _open_azure(access: Access) -> Opened:
    if _AS_IT_STANDS in access.address:
        return Opened(*pafs.FileSystem.from_uri(access.address))
    account = account_at(access.address)
    filesystem = pafs.AzureFileSystem(
        account.name,
        account_key=account.key or None,
        blob_storage_authority=account.blob,
        dfs_storage_authority=account.dfs,
        blob_storage_scheme=account.scheme,
        dfs_storage_scheme=account.scheme,
        **account.application,
    )
    secrets = (account.key, account.application.get("client_secret"))
    return Opened(filesystem, bucket_and_key(access.address), tuple(filter(None, secrets)))
