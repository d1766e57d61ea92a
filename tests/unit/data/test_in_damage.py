"""Damaged files: empty, truncated, not parquet, flipped bits, malformed pages (IN01 to IN06)."""

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as encryption
import pytest
from parquet_fixtures import (
    balances,
    flip_bit,
    malform_pages,
    only,
    open_with,
    page_position,
    rejection,
    write,
    write_with_checksums,
)

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.data.files.inspect import InspectedFile, inspect_file
from forecast_cli.data.files.listing import ListedFile
from forecast_cli.data.files.storage import LocalStorage
from forecast_cli.data.findings import Action, raise_rejection
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.rows import scan_rows


def test_IN01_empty_file_among_good_ones_rejects(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").touch()
    finding = rejection(open_with(tmp_path), "IN01")
    assert "b.parquet: is empty (0 bytes)" in finding.message
    assert finding.hint is not None
    assert "--on-bad-file quarantine" in finding.hint
    assert (finding.count, finding.total) == (1, 2)


def test_IN01_empty_file_is_left_out_when_quarantined(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").touch()
    source = open_with(tmp_path, on_bad_file="quarantine")
    finding = only(source.findings, "IN01")
    assert finding.action is Action.QUARANTINE
    assert "accounts that are only in this file are unknown" in finding.message
    assert [Path(file.path).name for file in source.files] == ["a.parquet"]
    assert scan_rows(source, Settings()).collect().height == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x1f\x8b\x08\x00\n", "5 bytes that do not begin with PAR1"),
        (b"PAR1", "not a complete parquet file: 4 bytes of at least 12"),
        (b"PAR1" + bytes(100), "104 bytes that do not end with PAR1: it was truncated"),
        (b"PAR1" + bytes(100) + b"\xff\xff\xff\x00PAR1", "its footer is longer than the file"),
    ],
)
def test_IN02_something_else_rejects(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    finding = rejection(open_with(tmp_path / "x.parquet"), "IN02")
    assert words in finding.message
    assert "x.parquet" in finding.message
    assert finding.hint is not None
    assert "deliver the file again" in finding.hint


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.99])
def test_IN02_truncated_file_rejects_with_its_size(tmp_path: Path, keep: float) -> None:
    path = write(tmp_path / "x.parquet")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    finding = rejection(open_with(tmp_path), "IN02")
    assert f"{int(len(content) * keep):,} bytes" in finding.message
    assert "it was truncated, or bytes were appended" in finding.message


class _KeysInTheClear(encryption.KmsClient):
    def __init__(self, _config: object) -> None:
        super().__init__()

    def wrap_key(self, key: bytes, _name: str) -> bytes:
        return base64.b64encode(key)


def _write_encrypted(path: Path, column: str, *, plaintext_footer: bool) -> None:
    table = balances().with_columns(owner=pl.lit("somebody")).to_arrow()
    asked = encryption.EncryptionConfiguration("foot", column_keys={"col": [column]}, plaintext_footer=plaintext_footer)
    factory = encryption.CryptoFactory(_KeysInTheClear)
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), asked)
    pq.write_table(table, path, encryption_properties=properties)


@pytest.mark.parametrize(
    ("plaintext_footer", "words"), [(False, "the file is encrypted"), (True, "column 'balance' is encrypted")]
)
def test_IN02_encrypted_file_is_called_that(tmp_path: Path, plaintext_footer: bool, words: str) -> None:
    _write_encrypted(tmp_path / "x.parquet", "balance", plaintext_footer=plaintext_footer)
    finding = rejection(open_with(tmp_path), "IN02")
    assert words in finding.message
    assert finding.hint == "deliver the file without parquet encryption"


def test_an_encrypted_column_that_nobody_asks_for_is_no_matter(tmp_path: Path) -> None:
    _write_encrypted(tmp_path / "x.parquet", "owner", plaintext_footer=True)
    source = open_with(tmp_path)
    assert collect(scan_rows(source, Settings()), source).height == balances().height


def test_IN02_appended_bytes_reject(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    path.write_bytes(path.read_bytes() + b"more")
    assert "do not end with PAR1" in rejection(open_with(tmp_path), "IN02").message


def test_IN02_many_bad_files_are_one_finding(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    for name in "bcd":
        (tmp_path / f"{name}.parquet").write_bytes(b"no parquet at all")
    finding = rejection(open_with(tmp_path), "IN02")
    assert (finding.count, finding.total, len(finding.examples)) == (3, 4, 3)
    assert finding.message.endswith("(and 2 more like it)")


@pytest.mark.parametrize("column", ["account_id", "date", "balance"])
def test_IN03_flipped_bit_in_a_page_with_checksum_rejects(tmp_path: Path, column: str) -> None:
    path = write_with_checksums(tmp_path / "x.parquet")
    assert open_with(path).verified == "crc"
    flip_bit(path, page_position(path, column))
    finding = rejection(open_with(path), "IN03")
    assert f"a page of column '{column}'" in finding.message
    assert "does not match its checksum" in finding.message


def test_IN03_every_flip_of_a_page_byte_is_found(tmp_path: Path) -> None:
    path = write_with_checksums(tmp_path / "x.parquet", rows=20)
    whole = path.read_bytes()
    group = pq.read_metadata(path).row_group(0)
    last = group.column(group.num_columns - 1)
    for position in range(4, last.data_page_offset + last.total_compressed_size):
        flip_bit(path, position)
        source = open_with(path)
        found = [finding.rule for finding in source.findings if finding.action is Action.REJECT]
        assert found or _same_rows(path, whole), position
        path.write_bytes(whole)


def test_IN04_header_that_would_end_the_process_rejects(tmp_path: Path) -> None:
    path = write_with_checksums(tmp_path / "x.parquet", rows=20)
    data = bytearray(path.read_bytes())
    values = data.index(b"\x15\x28", 4)  # 20 values, in the header of the first page
    data[values + 1] ^= 1  # -21 values: polars asks for all memory, and is ended
    path.write_bytes(data)
    finding = rejection(open_with(path), "IN04")
    assert "a page header of column 'account_id' has a size that is missing or negative" in finding.message


def _same_rows(path: Path, whole: bytes) -> bool:
    """A flip in a header, which no checksum covers, may be one that nobody reads."""
    return pl.read_parquet(path).equals(pl.read_parquet(whole))


def test_IN03_flipped_bit_in_a_column_nobody_reads_is_no_matter(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    frame = balances(days=28).with_columns(note=pl.lit("something long"))
    pq.write_table(frame.to_arrow(), path, compression="none", write_page_checksum=True)
    flip_bit(path, page_position(path, "note"))
    assert open_with(path).findings == ()
    assert open_with(path).verified == "crc"


def test_IN03_all_kinds_of_pages_carry_their_checksum(tmp_path: Path) -> None:
    for name, options in {
        "dictionary": {"use_dictionary": True},
        "v2": {"data_page_version": "2.0"},
        "zstd": {"compression": "zstd"},
        "small": {"data_page_size": 64, "write_batch_size": 8},
        "groups": {"row_group_size": 10},
    }.items():
        path = tmp_path / f"{name}.parquet"
        pq.write_table(balances(days=200).to_arrow(), path, write_page_checksum=True, **options)
        source = open_with(path)
        assert (source.verified, source.findings) == ("crc", ()), name


def test_IN03_data_pages_of_version_2_need_no_checksum_beside_dictionaries_that_have_one(tmp_path: Path) -> None:
    """As parquet-java 1.13 writes them, for Spark 3.5: each header loses its checksum to a field that nobody knows."""
    path = tmp_path / "x.parquet"
    pq.write_table(balances(days=40).to_arrow(), path, write_page_checksum=True, data_page_version="2.0")
    number = rb"[\x80-\xff]*[\x00-\x7f]"
    header = re.compile(rb"(\x15\x06\x15%b\x15%b)\x15(%b)\x4c" % (number, number, number))
    data, count = header.subn(_field_12_for_crc, path.read_bytes())
    path.write_bytes(data)
    source = open_with(path)
    assert (count, source.verified, source.findings) == (3, "none", ())
    assert collect(scan_rows(source, Settings()), source).height == 40


def _field_12_for_crc(header: re.Match[bytes]) -> bytes:
    start, crc = header.groups()
    return start + b"\x95" + b"\x80" * (len(crc) - 2) + b"\x00" + b"\x0c\x10"


def test_IN03_long_statistics_in_a_page_header(tmp_path: Path) -> None:
    frame = balances(days=3).with_columns(account_id=pl.lit("x" * 100_000))
    path = tmp_path / "x.parquet"
    pq.write_table(frame.to_arrow(), path, write_page_checksum=True, write_statistics=True, data_page_version="2.0")
    assert open_with(path).verified == "crc"


def test_IN03_verified_says_what_every_file_carries(tmp_path: Path) -> None:
    write_with_checksums(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet")
    assert open_with(tmp_path / "a.parquet").verified == "crc"
    assert open_with(tmp_path).verified == "none"


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_IN03_sha256_beside_each_file_verifies_the_input(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.parquet"), write(tmp_path / "b.parquet", balances("b"))
    (tmp_path / "a.parquet.sha256").write_text(f"{_sha256(first)}  a.parquet\n")
    assert open_with(tmp_path).verified == "none"
    (tmp_path / "b.parquet.sha256").write_text(_sha256(second).upper())
    assert open_with(tmp_path).verified == "sha256"
    assert open_with(second).verified == "sha256"
    assert open_with(tmp_path / "*.parquet").verified == "sha256"
    assert open_with(tmp_path).findings == ()


def test_IN03_sha256sums_of_a_folder(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.parquet"), write(tmp_path / "day" / "b.parquet", balances("b"))
    sums = tmp_path / "SHA256SUMS"
    sums.write_text(f"{_sha256(first)}  ./a.parquet\n{_sha256(second)} *day/b.parquet\n")
    assert open_with(tmp_path).verified == "sha256"
    assert open_with(first).verified == "sha256"
    sums.write_text(f"{_sha256(second)}  a.parquet\n")
    assert "a.parquet: sha256 is " in rejection(open_with(tmp_path), "IN03").message


def test_IN03_other_sha256_beside_the_file_rejects(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet")
    (tmp_path / "a.parquet.sha256").write_text(f"{'0' * 64}  a.parquet\n")
    assert "its checksum file says 000000000000..." in rejection(open_with(path), "IN03").message
    (tmp_path / "a.parquet.sha256").write_text("not a checksum")
    assert "says nothing" in rejection(open_with(path), "IN03").message


def test_IN03_quarantined_file_names_its_accounts(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    damaged = write_with_checksums(tmp_path / "b.parquet")
    flip_bit(damaged, page_position(damaged, "balance"))
    source = open_with(tmp_path, on_bad_file="quarantine")
    assert only(source.findings, "IN03").action is Action.QUARANTINE
    assert "its 1 account flagged file_quarantined" in only(source.findings, "IN03").message
    assert source.quarantined_ids == ("a",)
    assert source.rows == 3


def test_IN03_rows_without_an_account_in_a_quarantined_file_name_none(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", balances(days=2).with_columns(account_id=pl.Series(["b", None])))
    (tmp_path / "b.parquet.sha256").write_text(f"{'0' * 64}  b.parquet\n")
    assert open_with(tmp_path, on_bad_file="quarantine").quarantined_ids == ("b",)


def test_IN03_quarantined_folder_of_one_account_names_it(tmp_path: Path) -> None:
    for account in ("001", "002"):
        write(tmp_path / f"account_id={account}" / "0.parquet", balances().drop("account_id"))
    (tmp_path / "account_id=002" / "0.parquet").write_bytes(b"gone")
    source = open_with(tmp_path, on_bad_file="quarantine")
    assert source.quarantined_ids == ("002",)


def test_IN04_pages_that_make_the_reader_panic_reject(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    malform_pages(tmp_path / "b.parquet")
    finding = rejection(open_with(tmp_path), "IN04")
    assert "b.parquet: its pages cannot be read" in finding.message
    assert "a.parquet" not in finding.message


def test_IN04_pages_that_make_the_reader_panic_are_quarantined(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    malform_pages(tmp_path / "b.parquet")
    source = open_with(tmp_path, on_bad_file="quarantine")
    assert only(source.findings, "IN04").action is Action.QUARANTINE
    assert [Path(file.path).name for file in source.files] == ["a.parquet"]
    assert scan_rows(source, Settings()).collect().height == 3


def test_IN04_panic_after_opening_is_caught_at_the_boundary(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    source = open_with(path)
    malform_pages(path)
    stat = path.stat()
    source = replace(source, files=(replace(source.files[0], size=stat.st_size, mtime_ns=stat.st_mtime_ns),))
    with pytest.raises(InputRejectedError, match=r"x\.parquet: cannot be read"):
        collect(scan_rows(source, Settings()), source)


def test_IN06_file_without_rows_is_noted(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", balances().clear())
    source = open_with(tmp_path)
    finding = only(source.findings, "IN06")
    assert finding.action is Action.NOTE
    assert "b.parquet: has no rows (1 of 2 files)" in finding.message
    assert scan_rows(source, Settings()).collect().height == 3


def test_IN06_file_without_rows_has_no_say_in_the_schema(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", pl.DataFrame({"account_id": [], "other": []}))
    source = open_with(tmp_path)
    assert [finding.rule for finding in source.findings] == ["IN06"]
    assert scan_rows(source, Settings()).collect().height == 3


def test_IN06_nothing_but_files_without_rows_rejects(tmp_path: Path) -> None:
    for name in "ab":
        write(tmp_path / f"{name}.parquet", balances().clear())
    finding = rejection(open_with(tmp_path), "IN06")
    assert "none of its files has rows" in finding.message


def test_IN01_lone_file_is_rejected_under_any_setting_and_reported_once(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").touch()
    for choice in ("reject", "quarantine"):
        [finding] = open_with(tmp_path, on_bad_file=choice).findings
        assert (finding.rule, finding.action) == ("IN01", Action.REJECT)
        assert finding.hint == "deliver the file again", "to leave it out would leave nothing"


@pytest.mark.parametrize("name", ["b.csv", "b.parquet"])
def test_IN02_text_files_are_recognized_and_the_hint_converts_them_to_parquet(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    balances().with_columns(account_id=pl.lit("00123"), note=pl.lit("ü" * 300)).write_csv(name)
    finding = rejection(open_with(Path(name)), "IN02")
    assert "bytes that look like text, such as CSV" in finding.message
    assert finding.hint is not None
    exec(finding.hint.partition("convert it to parquet: ")[2], {"pl": pl})  # noqa: S102
    assert pl.read_parquet("balances.parquet")["account_id"].unique().to_list() == ["00123"]
    assert open_with(Path("balances.parquet")).findings == ()


def test_IN07_folder_of_csv_gets_a_hint_to_convert_it_to_parquet(tmp_path: Path) -> None:
    balances().write_csv(tmp_path / "b.csv")
    finding = rejection(open_with(tmp_path), "IN07")
    assert finding.hint is not None
    assert f'found b.csv: if it is CSV, convert it to parquet: pl.read_csv("{tmp_path}/b.csv"' in finding.hint


def test_IN06_lone_file_without_rows_is_reported_as_such(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", balances().clear())
    assert rejection(open_with(path), "IN06").message == f"{path}: has no rows"


def test_IN06_nothing_left_after_quarantine_rejects(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.parquet").touch()
    source = open_with(tmp_path, on_bad_file="quarantine")
    assert "all of its files are left out" in rejection(source, "IN06").message
    with pytest.raises(InputRejectedError):
        raise_rejection(source.findings, source.root)


def test_inspection_gives_content_and_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet", balances(days=2).with_columns(extra=1))
    found = inspect_file(ListedFile(str(path)), ("account_id", "balance", "gone"), LocalStorage())
    assert isinstance(found, InspectedFile)
    assert found.file.rows == 2
    assert found.file.sha256 == _sha256(path)
    assert found.names == ("account_id", "date", "balance", "extra")
    assert found.file.columns == (("account_id", pl.String()), ("balance", pl.Float64()))
