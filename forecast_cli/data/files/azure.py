"""What an address of Azure Blob Storage names besides container and key: account, server, credentials."""

import os
from dataclasses import dataclass, field
from typing import Final

from forecast_cli.data.files.addresses import azure_account, bucket_and_key, host_of, options_of, user_of

_APPLICATION: Final = ("tenant_id", "client_id", "client_secret")
_OPTIONS: Final = frozenset(
    {*_APPLICATION, "blob_storage_authority", "blob_storage_scheme", "dfs_storage_authority", "enable_tls"}
)
_NAME: Final = "AZURE_STORAGE_ACCOUNT_NAME"
_KEY: Final = "AZURE_STORAGE_ACCOUNT_KEY"
_PUBLIC: Final = "core.windows.net"


@dataclass(frozen=True)
class AzureAccount:
    """A storage account: its name, the hosts of its two interfaces, and what opens it.

    The name comes before a host that begins with a dot, and in the paths of any other.
    """

    name: str
    blob: str
    dfs: str
    scheme: str
    key: str = field(repr=False)
    application: dict[str, str] = field(repr=False)

    @property
    def endpoint(self) -> str | None:
        """Where its blobs are, None for the public cloud."""
        if self.blob == f".blob.{_PUBLIC}":
            return None
        if self.blob.startswith("."):
            return f"{self.scheme}://{self.name}{self.blob}"
        return f"{self.scheme}://{self.blob}/{self.name}"


def account_at(address: str) -> AzureAccount:
    """Return the account of an address; name and key that it does not have are those of the environment.

    Raises OSError where there is no name, no container, or an option that is not known.
    """
    options = options_of(address, _OPTIONS)
    user, key = user_of(address)
    named = azure_account(address)
    name = named or user or os.environ.get(_NAME, "")
    if not name:
        raise OSError(f"names no account, and {_NAME} is not set")
    container = bucket_and_key(address).partition("/")[0]
    if not container or "." in container or ":" in container:
        raise OSError("names no container")
    application = {option: options[option] for option in _APPLICATION if option in options}
    blob, dfs = _hosts(address if named else "")
    blob = options.get("blob_storage_authority", blob)
    plain = options.get("enable_tls", "").lower() in ("false", "0")
    return AzureAccount(
        name,
        blob,
        options.get("dfs_storage_authority", dfs if blob.startswith(".") else blob),
        options.get("blob_storage_scheme", "http" if plain else "https"),
        key or ("" if application else _key_of_environment(name)),
        application,
    )


def _hosts(address: str) -> tuple[str, str]:
    """Return where an address has the two interfaces of its account; those of the public cloud if it does not say."""
    host = host_of(address)
    cloud = host.split(".", 2)[2] if host else _PUBLIC
    return f".blob.{cloud}", f".dfs.{cloud}"


def _key_of_environment(name: str) -> str:
    return os.environ.get(_KEY, "") if os.environ.get(_NAME, name) == name else ""
