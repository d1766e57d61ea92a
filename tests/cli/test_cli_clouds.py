"""Outputs in Google Cloud Storage and Azure Blob Storage, against test servers that speak their protocols."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cli_harness import Cli
from cloud_servers import Cloud, azure_server, google_server

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.data.files.addresses import Address
from forecast_cli.store import claim, remote_open

pytestmark = pytest.mark.usefixtures("hasty_claims")

QUICK = ("--model", "Naive", "--horizon", 5, "--jobs", 1, "--shard-size", 2)
KEY = "U0VDUkVUT0ZVU0VS"
#: Files that hold times, which are other ones in every run.
TIMED = frozenset({"accounts.parquet", "metrics.json", "manifest.json", "_SUCCESS"})


@dataclass
class Place:
    """An output in a cloud: its address, how it is shown, and how the names of its objects begin."""

    cloud: Cloud
    address: str
    shown: str
    prefix: str

    @property
    def files(self) -> dict[str, bytes]:
        """The output's files by name."""
        return {name.removeprefix(self.prefix): content for name, content in self.cloud.objects.items()}


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    account = {"disable_oauth": True, "client_email": "", "private_key": "", "private_key_id": ""}
    (tmp_path / "account.json").write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "account.json"))
    with google_server() as cloud:
        options = f"endpoint_override={cloud.host}&scheme=http"
        yield Place(cloud, f"gs://bucket/run=1?{options}", "gs://bucket/run=1", "bucket/run=1/")


@pytest.fixture
def azure() -> Iterator[Place]:
    with azure_server() as cloud:
        options = f"blob_storage_authority={cloud.host}&blob_storage_scheme=http"
        yield Place(cloud, f"abfs://acct:{KEY}@lake/run=1?{options}", "abfs://lake/run=1", "acct/lake/run=1/")


@pytest.fixture(params=["google", "azure"])
def place(request: pytest.FixtureRequest) -> Place:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found


def test_a_forecast_to_a_cloud_is_the_one_in_a_folder(cli: Cli, place: Place, balances: Path, tmp_path: Path) -> None:
    told = cli("forecast", balances, "--output", place.address, *QUICK).assert_exit(ExitCode.OK)
    assert f"Tables in {place.shown}" in told.out
    assert KEY not in told.out + told.err
    cli("forecast", balances, "--output", tmp_path / "out", *QUICK).assert_exit(ExitCode.OK)
    files = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_bytes()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file() and path.name != ".lock"
    }
    assert place.files.keys() == files.keys()
    assert [name for name, content in files.items() if place.files[name] != content and name not in TIMED] == []
    for args in (("check", place.address), ("risk", place.address), ("show", "A001", "--forecast", place.address)):
        cli(*args).assert_exit(ExitCode.OK)


def test_another_run_in_a_cloud_is_refused_and_replaced_by_force(cli: Cli, place: Place, balances: Path) -> None:
    run = ("forecast", balances, "--output", place.address, *QUICK)
    cli(*run, "--shard-size", 1).assert_exit(ExitCode.OK)
    refused = cli(*run, "--horizon", 6)
    refused.assert_error(ExitCode.CONFIG_INVALID, f"{place.shown}: holds a finished run that differs in")
    cli(*run, "--horizon", 6, "--force").assert_exit(ExitCode.OK)
    cli("check", place.address).assert_exit(ExitCode.OK)


def test_an_output_in_a_cloud_that_another_run_holds_is_busy(cli: Cli, place: Place, balances: Path) -> None:
    objects = remote_open.open_objects(Address(place.address), 5.0)
    with claim.claimed(objects, warn=lambda _: None):
        outcome = cli("forecast", balances, "--output", place.address, *QUICK)
    outcome.assert_error(ExitCode.OUTPUT_BUSY, place.shown, "another run holds this output")
    assert place.files == {}


def test_google_lets_an_object_be_changed_once_a_second(
    cli: Cli, google: Place, balances: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote_open, "_GOOGLES_PACE", timedelta(seconds=0.5))
    google.cloud.pace = 0.45
    cli("forecast", balances, "--output", google.address, *QUICK).assert_exit(ExitCode.OK)
    assert "_SUCCESS" in google.files
    assert ".run/claim.json" not in google.files


@pytest.mark.parametrize(
    ("address", "variables"),
    [
        ("abfs://acct:{key}@lake/run=1?{host}", {}),
        ("abfss://lake:{key}@acct.dfs.core.windows.net/run=1?{host}", {}),
        ("abfss://lake@acct.dfs.core.windows.net/run=1?{host}", {"AZURE_STORAGE_ACCOUNT_KEY": KEY}),
        ("abfs://lake/run=1?{host}", {"AZURE_STORAGE_ACCOUNT_NAME": "acct", "AZURE_STORAGE_ACCOUNT_KEY": KEY}),
    ],
)
def test_every_form_of_address_of_azure_asks_with_the_key_of_its_account(
    cli: Cli, azure: Place, monkeypatch: pytest.MonkeyPatch, address: str, variables: dict[str, str]
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for options in ("blob_storage_scheme=http", "enable_tls=false"):
        named = address.format(key=KEY, host=f"blob_storage_authority={azure.cloud.host}&{options}")
        for args in (("check", named), ("validate", named, "--read-timeout", 5)):
            azure.cloud.asked.clear()
            outcome = cli(*args)
            assert KEY not in outcome.out + outcome.err
            assert azure.cloud.asked, outcome.err
            assert all(asked.startswith("acct/lake") for _, asked, _ in azure.cloud.asked)
            assert all(signed.startswith("SharedKey acct:") for *_, signed in azure.cloud.asked)


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("s3:///run=1", "names no bucket"),
        ("gs://", "names no bucket"),
        ("abfs://acct:{key}@/run=1", "names no bucket"),
        ("abfs://lake/run=1", "names no account, and AZURE_STORAGE_ACCOUNT_NAME is not set"),
        ("abfs://acct:{key}@localhost:9/lake/run=1", "names no container"),
    ],
)
def test_an_address_that_names_too_little_is_refused(cli: Cli, balances: Path, address: str, why: str) -> None:
    outcome = cli("forecast", balances, "--output", address.format(key=KEY), *QUICK)
    outcome.assert_error(ExitCode.CONFIG_INVALID, why)
    assert KEY not in outcome.err
