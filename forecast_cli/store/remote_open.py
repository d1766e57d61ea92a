"""Opening of addresses: the object store of each kind of address, with time limits and the options of the address."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from obstore.exceptions import BaseError
from obstore.store import AzureStore, GCSStore, S3Store

from forecast_cli.core.errors import ConfigError
from forecast_cli.core.redact import redact
from forecast_cli.data.files.addresses import (
    GCS_OPTIONS,
    S3_OPTIONS,
    Address,
    bucket_and_key,
    options_of,
    scheme_of,
    user_of,
)
from forecast_cli.data.files.azure import account_at
from forecast_cli.store.remote import Objects, Store

if TYPE_CHECKING:
    from obstore.store import AzureConfig, ClientConfig, GCSConfig, RetryConfig, S3Config, S3Credential

#: Seconds that the transfer of a file may take, in addition to the time until the store answers.
_TRANSFER: Final = 300.0
_RETRIES: Final = 2
#: Google allows one write or removal of an object a second, so a request that comes too early waits that long.
_GOOGLES_PACE: Final = timedelta(seconds=1)


def open_objects(address: Address, timeout: float) -> Objects:
    """Return the objects below ``address``, in a store that may take ``timeout`` seconds to answer.

    Raises ConfigError if the address cannot be opened. Sends no request to the store yet.
    """
    secrets = tuple(filter(None, user_of(address.text)))
    try:
        store, bulk = (_open(address.text, seconds) for seconds in (timeout, timeout + _TRANSFER))
    except (OSError, ValueError, BaseError) as error:
        why = redact(str(error).partition("\n")[0], secrets)
        raise ConfigError(f"{address}: {why}", "see docs/object-stores.md") from None
    return Objects(store, str(address), bulk=bulk, secrets=secrets)


def _open(address: str, timeout: float) -> Store:
    if not bucket_and_key(address).partition("/")[0]:
        raise ValueError("names no bucket")
    span = timedelta(seconds=timeout)
    # plain HTTP is used only if the address or the environment names an endpoint of http://
    client: ClientConfig = {"timeout": span, "connect_timeout": span, "allow_http": True}
    retry: RetryConfig = {"max_retries": _RETRIES, "retry_timeout": span}
    match scheme_of(address):
        case "s3":
            return _open_s3(address, client, retry)
        case "gs" | "gcs":
            return _open_gcs(address, client, retry)
        case _:
            return _open_azure(address, client, retry)


def _open_s3(address: str, client: "ClientConfig", retry: "RetryConfig") -> S3Store:
    bucket, _, key = bucket_and_key(address).partition("/")
    options = options_of(address, S3_OPTIONS)
    config: S3Config = {}
    if "region" in options:
        config["region"] = options["region"]
    if "endpoint_override" in options:
        config["endpoint"] = _endpoint(options["endpoint_override"], options.get("scheme"))
    return S3Store(
        bucket,
        prefix=key or None,
        config=config,
        client_options=client,
        retry_config=retry,
        credential_provider=_s3_credentials(*user_of(address)),
    )


def _s3_credentials(key: str, secret: str) -> "Callable[[], S3Credential] | None":
    """Return a provider of the credentials in an address, to which no token of the environment belongs."""
    if not (key and secret):
        return None
    return lambda: {"access_key_id": key, "secret_access_key": secret, "token": None, "expires_at": None}


def _open_gcs(address: str, client: "ClientConfig", retry: "RetryConfig") -> GCSStore:
    bucket, _, key = bucket_and_key(address).partition("/")
    options = options_of(address, GCS_OPTIONS)
    config: GCSConfig = {}
    if user_of(address)[0] == "anonymous":
        config["skip_signature"] = True
    if "endpoint_override" in options:
        config["base_url"] = _endpoint(options["endpoint_override"], options.get("scheme"))
    paced: RetryConfig = {**retry, "backoff": {"init_backoff": _GOOGLES_PACE}}
    return GCSStore(bucket, prefix=key or None, config=config, client_options=client, retry_config=paced)


def _open_azure(address: str, client: "ClientConfig", retry: "RetryConfig") -> AzureStore:
    container, _, key = bucket_and_key(address).partition("/")
    account = account_at(address)
    config: AzureConfig = {"account_name": account.name}
    if account.key:
        config["account_key"] = account.key
    if account.endpoint:
        config["endpoint"] = account.endpoint
    config.update(account.application)  # type: ignore[typeddict-item]
    return AzureStore(container, prefix=key or None, config=config, client_options=client, retry_config=retry)


def _endpoint(host: str, scheme: str | None) -> str:
    return host if "://" in host else f"{scheme or 'https'}://{host}"
