"""Addresses of Azure Blob Storage: account, servers and key."""

import pytest
from parquet_fixtures import rejection

from forecast_cli.config.settings import Settings
from forecast_cli.data.files.addresses import bucket_and_key
from forecast_cli.data.files.azure import account_at
from forecast_cli.data.files.open import open_source

KEY = "U0VDUkVUT0ZVU0VS"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("address", "endpoint"),
    [
        ("abfss://lake@acct.dfs.core.windows.net/in", None),
        ("abfss://acct.blob.core.windows.net/lake/in", None),
        ("abfss://acct@lake/in", None),
        ("abfss://lake@acct.dfs.core.chinacloudapi.cn/in", "https://acct.blob.core.chinacloudapi.cn"),
        ("abfss://acct@lake/in?blob_storage_authority=.blob.core.usgovcloudapi.net", "https://acct.blob.core.usgovcloudapi.net"),
        ("abfss://acct@lake/in?blob_storage_authority=127.0.0.1:10000&blob_storage_scheme=http", "http://127.0.0.1:10000/acct"),
        ("abfss://acct@lake/in?blob_storage_authority=localhost:10000&enable_tls=False", "http://localhost:10000/acct"),
    ],
)  # fmt: skip
def test_account_and_endpoint(address: str, endpoint: str | None) -> None:
    account = account_at(address)
    assert (account.name, account.endpoint, bucket_and_key(address)) == ("acct", endpoint, "lake/in")


def test_the_other_interface_is_where_the_first_is() -> None:
    assert account_at("abfss://lake@acct.dfs.core.chinacloudapi.cn/in").dfs == ".dfs.core.chinacloudapi.cn"
    assert account_at("abfss://acct@lake/in?blob_storage_authority=localhost:1").dfs == "localhost:1"
    assert account_at("abfss://acct@lake/in?dfs_storage_authority=localhost:2").dfs == "localhost:2"


def test_a_key_of_the_environment_is_for_its_own_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", KEY)
    assert account_at("abfss://lake@acct.dfs.core.windows.net/in").key == KEY
    assert account_at("abfss://lake:b3RoZXI%3D@acct.dfs.core.windows.net/in").key == "b3RoZXI="
    assert account_at("abfss://lake@acct.dfs.core.windows.net/in?client_id=a&client_secret=b&tenant_id=c").key == ""
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "other")
    assert account_at("abfss://lake@acct.dfs.core.windows.net/in").key == ""
    assert account_at("abfss://lake/in").name == "other"


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("abfss://lake/in", "names no account, and AZURE_STORAGE_ACCOUNT_NAME is not set"),
        (f"abfss://:{KEY}@acct.dfs.core.windows.net/lake/in", "names no container"),
        (f"abfss://acct:{KEY}@my.host:10000/lake/in", "names no container"),
        (f"abfss://acct:{KEY}@lake/in?sas=1", "unknown option 'sas' in its address"),
    ],
)
def test_IN15_addresses_of_azure_that_name_too_little(address: str, why: str) -> None:
    finding = rejection(open_source(address, Settings(read_timeout=5)), "IN15")
    assert why in finding.message
    assert KEY not in finding.message
    assert "e.g. AZURE_STORAGE_ACCOUNT_KEY" in (finding.hint or "")
