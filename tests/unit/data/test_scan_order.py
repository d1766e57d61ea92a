"""When rows are sorted before shards are read, judged by the first and last ids of row groups."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract.series import read_shard
from forecast_cli.data.files.open import open_source
from forecast_cli.data.scan import order
from forecast_cli.data.scan.order import is_scattered, rows_to_read
from forecast_cli.data.source import Source
from forecast_cli.store import spill as spilling
from forecast_cli.store.spill import spill

RANGES = [(first, first + 1) for first in range(0, 8, 2)]


def source_of(folder: Path, files: list[list[int]], *, row_group_size: int, as_text: bool = False) -> Source:
    for number, ids in enumerate(files):
        frame = pl.DataFrame(
            {"account_id": ids, "date": [date(2026, 1, 1 + number)] * len(ids), "balance": [1.0] * len(ids)}
        )
        named = frame.with_columns(pl.col("account_id").cast(pl.String)) if as_text else frame
        named.write_parquet(folder / f"{number}.parquet", row_group_size=row_group_size)
    return open_source(str(folder), Settings())


def test_a_range_reads_the_row_groups_that_may_hold_its_ids(tmp_path: Path) -> None:
    source = source_of(tmp_path, [list(range(8))], row_group_size=2)
    assert rows_to_read(source, "account_id", RANGES) == 8
    assert rows_to_read(source, "account_id", [(1, 2)]) == 4
    assert rows_to_read(source, "account_id", [(9, 9)]) == 0


def test_files_may_be_in_another_order_than_their_accounts(tmp_path: Path) -> None:
    source = source_of(tmp_path, [[6], [0, 1, 2]], row_group_size=8)
    assert [rows_to_read(source, "account_id", [one]) for one in ((0, 0), (6, 6), (0, 6), (3, 5))] == [3, 1, 4, 0]


def test_a_file_for_each_day_is_read_by_every_range(tmp_path: Path) -> None:
    source = source_of(tmp_path, [list(range(8))] * 3, row_group_size=8, as_text=True)
    ranges = [(str(first), str(last)) for first, last in RANGES]
    assert rows_to_read(source, "account_id", ranges) == 4 * 24


def test_row_groups_that_do_not_say_are_read_by_every_range(tmp_path: Path) -> None:
    frame = pl.DataFrame({"account_id": list(range(8)), "date": [date(2026, 1, 1)] * 8, "balance": [1.0] * 8})
    frame.write_parquet(tmp_path / "one.parquet", statistics=False)
    assert rows_to_read(open_source(str(tmp_path), Settings()), "account_id", RANGES) == 4 * 8


def test_accounts_that_are_folders_are_read_once(tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"account_id={name}").mkdir()
        pl.DataFrame({"date": [date(2026, 1, 1)], "balance": [1.0]}).write_parquet(
            tmp_path / f"account_id={name}/x.parquet"
        )
    source = open_source(str(tmp_path), Settings())
    assert rows_to_read(source, "account_id", [("a", "b"), ("c", "d")]) == 4


def test_only_what_would_be_read_over_and_over_is_put_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(tmp_path, [list(range(8))] * 3, row_group_size=8)
    assert not is_scattered(source, "account_id", RANGES), "too few rows to be worth it"
    monkeypatch.setattr(order, "FREE_ROWS", 0)
    assert is_scattered(source, "account_id", RANGES)
    assert not is_scattered(source, "account_id", RANGES[:3]), "read three times at most"


def test_whole_numbers_are_dealt_into_buckets_by_their_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spilling, "_BUCKET_ROWS", 8)
    ids = [9, 10, -1, 100, 2, 33, 4, 57]
    (tmp_path / "in").mkdir()
    source = source_of(tmp_path / "in", [ids, ids[::-1]], row_group_size=8)
    ordered = spill(source, Settings(), pl.Series(sorted(ids)), tmp_path / "spill", advance=lambda _: None)
    assert [(file.groups[0].first, file.groups[0].last, file.rows) for file in ordered.files] == [
        (-1, 9, 8),
        (10, 100, 8),
    ]
    for first, last in ((-1, 4), (9, 10), (100, 100)):
        one, other = (
            read_shard(read, Settings(), origin=None, first_id=first, last_id=last) for read in (source, ordered)
        )
        assert one.ledger.equals(other.ledger)
