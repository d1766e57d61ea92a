"""Columns that stand in the names of folders, such as ``date=2026-01-31`` (SC13)."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from parquet_fixtures import balances, open_with, rejection, rows_of, write

from forecast_cli.config.settings import Settings
from forecast_cli.data.scan.rows import scan_rows


def test_SC13_ids_of_folders_are_text(tmp_path: Path) -> None:
    for account in ("00123", "2024-01-01", "1e5", "x%2Fy", "__HIVE_DEFAULT_PARTITION__"):
        write(tmp_path / f"account_id={account}" / "0.parquet", balances(days=1).drop("account_id"))
    source = open_with(tmp_path)
    assert source.id_dtype == pl.String
    assert scan_rows(source, Settings()).collect()["unique_id"].to_list() == ["00123", "1e5", "2024-01-01", None, "x/y"]


def test_SC13_days_of_folders_are_days(tmp_path: Path) -> None:
    for day in ("2024-02-29", "20240301"):
        write(tmp_path / "in" / f"date={day}" / "0.parquet", balances(days=1).drop("date").with_columns(d=pl.lit(day)))
    expected = [date(2024, 2, 29), date(2024, 3, 1)]
    source = open_with(tmp_path)
    assert source.files[0].hive == (("date", "2024-02-29"),)
    assert scan_rows(source, Settings()).collect()["ds"].to_list() == expected


@pytest.mark.parametrize("value", ["2024-02-30", "yesterday", "2024"])
def test_SC13_folder_that_names_no_day_rejects(tmp_path: Path, value: str) -> None:
    write(tmp_path / f"date={value}" / "0.parquet", balances(days=1).drop("date"))
    finding = rejection(open_with(tmp_path), "SC13")
    assert f"folder 'date={value}' is not a day" in finding.message


def test_SC13_currency_of_folders_is_text(tmp_path: Path) -> None:
    write(tmp_path / "ccy=978" / "0.parquet")
    assert rows_of(tmp_path, currency_col="ccy")["currency"].to_list() == ["978"] * 3


def test_SC13_folders_above_the_root_belong_to_it_where_they_end_it(tmp_path: Path) -> None:
    path = write(tmp_path / "run=7" / "in" / "account_id=001" / "0.parquet", balances().drop("account_id"))
    assert rows_of(path)["unique_id"].to_list() == ["001"] * 3
    assert rows_of(path.parent)["unique_id"].to_list() == ["001"] * 3
    assert open_with(path).files[0].hive == (("account_id", "001"),)


@pytest.mark.parametrize("above", ["run=1", "account_id=x", "a==b", "a%3Db=1", "=z"])
def test_SC13_key_that_stands_in_the_path_twice(tmp_path: Path, above: str) -> None:
    for account in ("007", "008"):
        path = tmp_path / above / "in" / "run=2" / f"account_id={account}" / "k=v.parquet"
        write(path, balances(days=1).drop("account_id"))
    source = open_with(tmp_path / above / "in")
    assert scan_rows(source, Settings()).collect()["unique_id"].to_list() == ["007", "008"]
    assert scan_rows(source, Settings(), first_id="008").collect()["unique_id"].to_list() == ["008"]


def test_SC13_ids_that_polars_does_not_find_in_folders(tmp_path: Path) -> None:
    """Two ``=``, ``*`` and bytes that are not UTF-8; the last are kept as written, so that two ids stay two."""
    ids = ("YWJj==", "a=b", "a*b", "%C3", "%C4", "plain")
    for account in ids:
        path = tmp_path / f"account_id={account}" / "date=2026-01-01" / "ccy=E*R" / "0.parquet"
        write(path, pl.DataFrame({"balance": [1.0]}))
    source = open_with(tmp_path, currency_col="ccy")
    settings = Settings(currency_col="ccy")
    rows = scan_rows(source, settings).collect()
    assert sorted(rows["unique_id"]) == sorted(ids)
    assert set(rows["ds"]) == {date(2026, 1, 1)}
    assert set(rows["currency"]) == {"E*R"}
    assert scan_rows(source, settings, first_id="a=b", last_id="a=b").collect()["unique_id"].to_list() == ["a=b"]


def test_SC13_the_file_own_column_goes_before_the_folder(tmp_path: Path) -> None:
    write(tmp_path / "date=2020-01-01" / "0.parquet", balances(days=1))
    assert rows_of(tmp_path)["ds"].to_list() == [date(2026, 1, 1)]


def test_SC13_id_as_column_and_as_folder_in_one_input(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", balances("x", days=1))
    write(tmp_path / "account_id=007" / "0.parquet", balances(days=1).drop("account_id"))
    assert rows_of(tmp_path)["unique_id"].to_list() == ["x", "007"]
