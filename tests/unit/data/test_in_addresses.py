"""Addresses of object stores: their parts, what is shown of them, and invalid ones."""

from pathlib import Path

import pytest

from forecast_cli.data.files.addresses import (
    GCS_OPTIONS,
    S3_OPTIONS,
    SCHEMES,
    Address,
    azure_account,
    bucket_and_key,
    lost_scheme,
    options_of,
    output_at,
    scheme_of,
    user_of,
)
from forecast_cli.workflows.overlap import refuse_overlap


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_output_is_an_address_by_its_scheme_in_any_case(scheme: str) -> None:
    for text in (f"{scheme}://bucket/key", f"{scheme.upper()}://bucket/key"):
        assert output_at(text) == Address(text)
        assert scheme_of(text) == scheme
        assert str(output_at(text)) == f"{scheme}://bucket/key"


@pytest.mark.parametrize(
    "text", ["out", "/srv/out", "s3:/bucket", "s3", "http://host/out", "file:///srv/out", "C:\\out"]
)
def test_all_else_is_a_path(text: str) -> None:
    assert output_at(text) == Path(text)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("s3://bucket", "bucket"),
        ("s3://bucket/", "bucket"),
        ("s3://bucket/a/b/", "bucket/a/b"),
        ("s3://KEY:SECRET@bucket/a", "bucket/a"),
        ("s3://KEY:SE@CRET@bucket/a", "bucket/a"),
        ("s3://bucket/a?region=eu-central-1&scheme=http", "bucket/a"),
        ("s3://bucket/a#b", "bucket/a"),
        ("s3://bucket/a//b", "bucket/a//b"),
        ("s3://bucket/run=1/a%20b", "bucket/run=1/a b"),
        ("s3://bucket/a+b", "bucket/a+b"),
        ("s3://bucket/100%25", "bucket/100%"),
        ("s3://bucket/a%3Fb%23c", "bucket/a?b#c"),
        ("s3://bucket/Zürich/ß", "bucket/Zürich/ß"),
        ("s3://bucket/Z%C3%BCrich", "bucket/Zürich"),
        ("s3://bucket/a@b", "bucket/a@b"),
        ("s3://bucket/a:b", "bucket/a:b"),
        ("s3://b[ab]/*.parquet", "b[ab]/*.parquet"),
        ("s3://[bucket/a", "[bucket/a"),
        ("gs://anonymous@bucket/a", "bucket/a"),
        ("gcs://bucket/a", "bucket/a"),
        ("abfss://container@account.dfs.core.windows.net/a/b", "container/a/b"),
        ("abfss://container:KEY@account.dfs.core.windows.net/a", "container/a"),
        ("abfss://account.blob.core.windows.net/container/a", "container/a"),
        ("abfs://account.blob.core.windows.net/container", "container"),
        ("abfss://account:KEY@container/a", "container/a"),
        ("abfs://container/a", "container/a"),
        ("s3://bucket.dfs.example/a", "bucket.dfs.example/a"),
    ],
)
def test_bucket_and_key(address: str, named: str) -> None:
    assert bucket_and_key(address) == named


@pytest.mark.parametrize(
    ("address", "account"),
    [
        ("abfss://container@account.dfs.core.windows.net/a", "account"),
        ("abfss://account.blob.core.windows.net/container", "account"),
        ("abfss://account:KEY@container/a", None),
        ("abfss://container/a", None),
        ("abfss://container.dfsx/a", None),
    ],
)
def test_the_account_that_a_host_of_azure_names(address: str, account: str | None) -> None:
    assert azure_account(address) == account


@pytest.mark.parametrize(
    ("address", "user"),
    [
        ("s3://bucket/a", ("", "")),
        ("s3://bucket/a@b", ("", "")),
        ("s3://KEY@bucket", ("KEY", "")),
        ("s3://KEY:SECRET@bucket", ("KEY", "SECRET")),
        ("s3://KEY:SE%2FC%40RET@bucket", ("KEY", "SE/C@RET")),
        ("s3://KEY:SE@C:RET@bucket", ("KEY", "SE@C:RET")),
        ("s3://KEY:SE+CRET==@bucket", ("KEY", "SE+CRET==")),
        ("gs://anonymous@bucket", ("anonymous", "")),
    ],
)
def test_user_and_password(address: str, user: tuple[str, str]) -> None:
    assert user_of(address) == user


def test_options_are_those_that_are_known() -> None:
    address = "s3://bucket/a?region=eu-central-1&endpoint_override=localhost%3A9000&scheme=http"
    expected = {"region": "eu-central-1", "endpoint_override": "localhost:9000", "scheme": "http"}
    assert options_of(address, S3_OPTIONS) == expected
    assert options_of("s3://bucket/a", S3_OPTIONS) == {}
    with pytest.raises(
        OSError, match="unknown option 'region' in its address, expected one of endpoint_override, proj"
    ):
        options_of(address, GCS_OPTIONS)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("S3://KEY:SECRET@bucket/run=1/?region=x", "s3://bucket/run=1"),
        ("abfss://account:KEY@container/a?tenant_id=x", "abfss://container/a"),
        (
            "abfss://container@account.dfs.core.windows.net/a?tenant_id=x",
            "abfss://container@account.dfs.core.windows.net/a",
        ),
        ("abfss://container:KEY@account.dfs.core.windows.net", "abfss://container@account.dfs.core.windows.net"),
        ("abfs://account.blob.core.windows.net/container/a", "abfs://account.blob.core.windows.net/container/a"),
        ("gs://anonymous@bucket/a%20b", "gs://bucket/a b"),
        ("s3://bucket/100%25/a%3Fb%23c", "s3://bucket/100%25/a%3Fb%23c"),
        ("s3://bucket/a%2520b", "s3://bucket/a%2520b"),
    ],
)
def test_an_address_is_shown_without_secrets_and_names_the_same_place(address: str, shown: str) -> None:
    assert str(Address(address)) == shown
    assert str(Address(shown)) == shown
    assert str(Address(address) / "manifest.json") == f"{shown}/manifest.json"
    assert "KEY" not in repr(Address(address))


def test_a_secret_with_a_slash_that_is_not_encoded_is_not_shown() -> None:
    assert str(Address("s3://KEY:SEC/RET@bucket/a")) == "s3://***@bucket/a"


def test_an_output_beside_the_input_is_not_taken_for_one_inside_it() -> None:
    refuse_overlap("s3://bucket/a%20b", Address("s3://bucket/a%2520b/out"))


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        ("s3://bucket/a", "s3"),
        ("http://host/a", "http"),
        ("HDFS://host/a", "HDFS"),
        ("out/s3://bucket", None),
        ("C:/out", None),
        ("a:b", None),
        ("/srv/out", None),
    ],
)
def test_the_scheme_of_an_address_that_went_through_a_path(path: str, scheme: str | None) -> None:
    assert lost_scheme(Path(path)) == scheme
