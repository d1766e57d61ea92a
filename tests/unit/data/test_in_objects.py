"""Inputs in object stores (IN15): read like folders; refusals, timeouts and secrets."""

import pickle
import socket
import time
from pathlib import Path
from typing import NoReturn

import polars as pl
import pytest
from object_server import object_server
from parquet_fixtures import balances, only, rejection, write

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.data.files.objects import ObjectStorage
from forecast_cli.data.files.open import open_source
from forecast_cli.data.files.storage import Access
from forecast_cli.data.findings import Action, raise_rejection
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.scan.unchanged import assert_unchanged
from forecast_cli.data.source import Source

SETTINGS = Settings(read_timeout=5)


def address(path: str, host: str) -> str:
    return f"s3://AKIAKEY:hunter2@{path}?endpoint_override={host}&scheme=http&region=eu-central-1"


def _bytes(tmp_path: Path, frame: pl.DataFrame) -> bytes:
    return write(tmp_path / "made.parquet", frame).read_bytes()


def _without_secrets(source: Source) -> bool:
    return "hunter2" not in repr(source) and "AKIAKEY" not in repr(source)


def test_IN15_folder_of_objects_reads_like_a_folder(tmp_path: Path) -> None:
    objects = {
        "bucket/in/b.parquet": _bytes(tmp_path, balances("b", start=10.0)),
        "bucket/in/a.parquet": _bytes(tmp_path, balances("a")),
        "bucket/in/_temporary/c.parquet": _bytes(tmp_path, balances("c")),
        "bucket/in/_SUCCESS": b"",
        "bucket/other/d.parquet": b"not looked at",
    }
    with object_server(objects) as host:
        source = open_source(address("bucket/in", host), SETTINGS)
        assert [file.path for file in source.files] == ["s3://bucket/in/a.parquet", "s3://bucket/in/b.parquet"]
        assert only(source.findings, "IN09").action is Action.NOTE
        assert _without_secrets(source)
        assert_unchanged(source)
        again = pickle.loads(pickle.dumps(source))  # noqa: S301
        rows = collect(scan_rows(again, SETTINGS), again)
        ranged = collect(scan_rows(again, SETTINGS, first_id="b", last_id="b"), again)
    assert rows["y"].to_list() == [1.0, 2.0, 3.0, 10.0, 11.0, 12.0]
    assert rows.schema == {"unique_id": pl.String, "ds": pl.Date, "at": pl.Datetime("us"), "y": pl.Float64}
    assert ranged["unique_id"].unique().to_list() == ["b"]


def test_IN15_hive_folders_and_globs_of_objects(tmp_path: Path) -> None:
    frame = balances("-", days=1).select("balance")
    objects = {
        f"bucket/in/account_id={account}/date={day}/0.parquet": _bytes(tmp_path, frame + index)
        for index, (account, day) in enumerate(
            [("00123", "2026-01-01"), ("00123", "2026-01-02"), ("7 %", "2026-01-01")]
        )
    }
    with object_server(objects) as host:
        source = open_source(address("bucket/in/*/date=2026-01-01", host), SETTINGS)
        rows = collect(scan_rows(source, SETTINGS), source)
        whole = open_source(address("bucket/in", host), SETTINGS)
        ranged = collect(scan_rows(whole, SETTINGS, first_id="00123", last_id="00123"), whole)
    assert rows["unique_id"].to_list() == ["00123", "7 %"]
    assert ranged["ds"].cast(pl.String).to_list() == ["2026-01-01", "2026-01-02"]


def test_IN15_objects_without_suffix_count_where_they_are_parquet(tmp_path: Path) -> None:
    objects = {
        "bucket/unload/20261126_031500_00042_ab3de_0b5c7f5e": _bytes(tmp_path, balances("a")),
        "bucket/unload/day=1/000000_0": _bytes(tmp_path, balances("b")),
        "bucket/unload/notes": b"no parquet",
        "bucket/unload/empty": b"",
    }
    with object_server(objects) as host:
        source = open_source(address("bucket/unload", host), SETTINGS)
        rows = collect(scan_rows(source, SETTINGS), source)
    assert only(source.findings, "IN08").examples == ("empty", "notes")
    assert rows["unique_id"].unique().sort().to_list() == ["a", "b"]


def test_IN15_an_unreadable_object_without_suffix_is_reported_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = {"bucket/in/a.parquet": _bytes(tmp_path, balances("a")), "bucket/in/000000_0": b"archived"}

    def refuse(storage: ObjectStorage, call: object) -> NoReturn:
        raise OSError("ACCESS_DENIED")

    with object_server(objects) as host:
        storage = ObjectStorage(Access(address("bucket/in", host), 5.0))
        monkeypatch.setattr(ObjectStorage, "_request", refuse)
        assert storage.may_be_parquet(["bucket/in/000000_0"]) == [True]


def test_IN15_a_bug_of_a_request_is_raised_at_once_and_is_no_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(access: Access) -> NoReturn:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("forecast_cli.data.files.objects.open_store", fail)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        ObjectStorage(Access("s3://bucket/in", 5.0))


def test_IN15_categorical_ids_of_objects(tmp_path: Path) -> None:
    frame = balances("a").cast({"account_id": pl.Categorical, "balance": pl.Decimal(18, 2)})
    with object_server({"bucket/a.parquet": _bytes(tmp_path, frame)}) as host:
        source = open_source(address("bucket/a.parquet", host), SETTINGS)
        assert collect(scan_rows(source, SETTINGS), source)["unique_id"].to_list() == ["a"] * 3
    assert source.id_dtype == pl.Categorical


def test_IN15_ids_of_objects_with_more_digits_than_64_bits_hold(tmp_path: Path) -> None:
    frame = pl.concat([balances(str(10**30)), balances("7")]).cast({"account_id": pl.Decimal(38, 0)})
    with object_server({"bucket/a.parquet": _bytes(tmp_path, frame)}) as host:
        source = open_source(address("bucket/a.parquet", host), SETTINGS)
        rows = collect(scan_rows(source, SETTINGS, first_id=8), source)
    assert rows["unique_id"].to_list() == [10**30] * 3


def test_IN03_sha256_beside_an_object(tmp_path: Path) -> None:
    objects = {"bucket/a.parquet": _bytes(tmp_path, balances()), "bucket/a.parquet.sha256": b"0" * 64}
    with object_server(objects) as host:
        assert "its checksum file says" in rejection(open_source(address("bucket", host), SETTINGS), "IN03").message


@pytest.mark.parametrize(
    ("name", "content"), [("a.parquet.sha256", b"0" * 64), ("SHA256SUMS", b"0" * 64 + b"  a.parquet\n")]
)
def test_IN03_sha256_beside_the_only_object(tmp_path: Path, name: str, content: bytes) -> None:
    objects = {"bucket/in/a.parquet": _bytes(tmp_path, balances()), f"bucket/in/{name}": content}
    with object_server(objects) as host:
        source = open_source(address("bucket/in/a.parquet", host), SETTINGS)
    assert "its checksum file says" in rejection(source, "IN03").message


def test_IN03_a_store_that_shows_only_objects_that_are_there(tmp_path: Path) -> None:
    objects = {"bucket/in/a.parquet": _bytes(tmp_path, balances())}

    def forbid(_: str, path: str) -> int | None:
        return None if path in ("bucket", *objects) else 403

    with object_server(objects, fault=forbid) as host:
        assert open_source(address("bucket/in/a.parquet", host), SETTINGS).findings == ()


def test_SC13_the_only_object_has_its_folders(tmp_path: Path) -> None:
    content = _bytes(tmp_path, balances("-", days=1).select("balance"))
    objects = {"bucket/in/account_id=00123/date=2026-01-01/0.parquet": content}
    with object_server(objects) as host:
        source = open_source(address(next(iter(objects)), host), SETTINGS)
        rows = collect(scan_rows(source, SETTINGS), source)
    assert rows["unique_id"].to_list() == ["00123"]
    assert rows["ds"].cast(pl.String).to_list() == ["2026-01-01"]


def test_IN15_refusal_rejects_and_may_be_tried_again() -> None:
    with object_server({}, refuse=True) as host:
        source = open_source(address("bucket/in", host), SETTINGS)
    finding = rejection(source, "IN15")
    assert finding.retryable
    assert "s3://***@bucket/in: cannot be read from the object store" in finding.message
    assert "ACCESS_DENIED" in finding.message
    assert _without_secrets(source)
    with pytest.raises(InputRejectedError) as caught:
        raise_rejection(source.findings, source.root)
    assert caught.value.retryable


def test_IN15_nobody_answers_rejects() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{closed.getsockname()[1]}"
        source = open_source(address("bucket/in", host), SETTINGS)
    finding = rejection(source, "IN15")
    assert finding.retryable
    assert "connect" in finding.message
    assert _without_secrets(source)


def test_IN15_silence_ends_at_the_time_limit() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        source = open_source(address("bucket/in", host), Settings(read_timeout=0.3))
        seconds = time.monotonic() - began
    assert "no answer within 0.3 s" in rejection(source, "IN15").message
    assert seconds < 5


def test_IN15_store_that_fails_between_opening_and_reading(tmp_path: Path) -> None:
    with object_server({"bucket/a.parquet": _bytes(tmp_path, balances())}) as host:
        source = open_source(address("bucket/a.parquet", host), SETTINGS)
    with pytest.raises(InputRejectedError, match=r"s3://bucket/a\.parquet") as caught:
        collect(scan_rows(source, SETTINGS), source)
    assert "hunter2" not in str(caught.value)


def test_IN15_unknown_option_in_the_address() -> None:
    source = open_source("s3://bucket/in?secret_key=hunter2", SETTINGS)
    assert "unknown option 'secret_key' in its address" in rejection(source, "IN15").message
    assert _without_secrets(source)


def test_IN07_nothing_at_the_address(tmp_path: Path) -> None:
    with object_server({"bucket/a.parquet": _bytes(tmp_path, balances())}) as host:
        source = open_source(address("bucket/nothing", host), SETTINGS)
    assert "s3://bucket/nothing: nothing there" in rejection(source, "IN07").message


@pytest.mark.parametrize("path", ["https://user:hunter2@host/a.parquet", "hdfs://host/a", "ftp://host/a.parquet"])
def test_IN07_other_kinds_of_address_are_refused(path: str) -> None:
    source = open_source(path, SETTINGS)
    finding = rejection(source, "IN07")
    assert "expected one of s3, gs, gcs, abfs, abfss" in finding.message
    assert "hunter2" not in finding.message + source.root


def test_file_address_is_a_local_path(tmp_path: Path) -> None:
    path = write(tmp_path / "with space.parquet")
    source = open_source(path.as_uri(), SETTINGS)
    assert [file.path for file in source.files] == [str(path)]
    assert source.access is None
