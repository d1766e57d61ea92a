"""Columns: missing, renamed, extra, of the wrong type, drifting between files (SC01 to SC12)."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from parquet_fixtures import arrow_columns, balances, only, open_with, rejection, rows_of, write, write_arrow

from forecast_cli.config.settings import Settings
from forecast_cli.data.findings import Action
from forecast_cli.data.scan.rows import scan_rows


@pytest.mark.parametrize(
    ("found", "option", "meant"),
    [
        ({"account_id": "ACCOUNT_ID"}, "--id-col", "ACCOUNT_ID"),
        ({"date": "dates"}, "--date-col", "dates"),
        ({"balance": " Balance"}, "--balance-col", " Balance"),
    ],
)
def test_SC01_column_of_another_name_rejects_with_the_option(
    tmp_path: Path, found: dict[str, str], option: str, meant: str
) -> None:
    write(tmp_path / "x.parquet", balances().rename(found))
    finding = rejection(open_with(tmp_path), "SC01")
    assert f"no column '{next(iter(found))}'" in finding.message
    assert f"'{meant}'" in finding.message
    assert finding.hint is not None
    assert f"did you mean '{meant}'?" in finding.hint
    assert option in finding.hint


def test_SC01_named_by_option_is_found(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", balances().rename({"account_id": "Konto", "date": "Tag", "balance": "Saldo"}))
    assert rows_of(tmp_path, id_col="Konto", date_col="Tag", balance_col="Saldo").height == 3


def test_SC01_nothing_like_it_lists_the_columns(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", balances().rename({"balance": "xyz"}))
    finding = rejection(open_with(tmp_path), "SC01")
    assert "found 'account_id', 'date', 'xyz'" in finding.message
    assert finding.hint == "name the column with --balance-col"


def test_SC01_a_column_that_is_named_for_something_else_is_not_what_was_meant(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", balances().rename({"balance": "xyz"}))
    finding = rejection(open_with(tmp_path, balance_col="amount"), "SC01")
    assert finding.hint == "name the column with --balance-col", "account_id is spelled alike, and the accounts'"


def test_SC01_all_missing_columns_are_reported(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", pl.DataFrame({"x": [1]}))
    finding = only(open_with(tmp_path).findings, "SC01")
    assert "no columns 'account_id', 'date', 'balance'; found 'x'" in finding.message
    assert finding.hint == "name the columns with --id-col COLUMN --date-col COLUMN --balance-col COLUMN"


def test_SC01_all_missing_columns_are_mended_by_one_hint(tmp_path: Path) -> None:
    renamed = {"account_id": "Account", "date": "Day", "balance": "my balance"}
    write(tmp_path / "x.parquet", balances().rename(renamed))
    options = "--id-col Account --date-col COLUMN --balance-col 'my balance'"
    hint = only(open_with(tmp_path).findings, "SC01").hint
    assert hint == f"did you mean 'Account' and 'my balance'? Name them with {options}"


def test_SC01_one_column_is_not_suggested_for_two(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", pl.DataFrame({"accounts": ["a"], "date": [date(2026, 1, 1)], "account": [1.0]}))
    hint = only(open_with(tmp_path, balance_col="accountss").findings, "SC01").hint or ""
    assert "Name them with --id-col account --balance-col accounts" in hint


def test_SC01_columns_missing_from_different_files_are_reported_separately(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", balances().drop("balance"))
    write(tmp_path / "b.parquet", balances("b").drop("account_id"))
    told = [finding.message for finding in open_with(tmp_path).findings if finding.rule == "SC01"]
    assert ["no column 'account_id' (1 of 2 files)" in told[0], "no column 'balance' (1 of 2 files)" in told[1]] == [
        True,
        True,
    ]


def test_SC01_missing_in_some_files_names_one_of_each_kind(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", balances("b").rename({"balance": "Balance"}))
    write(tmp_path / "c.parquet", balances("c").rename({"balance": "Balance"}))
    finding = rejection(open_with(tmp_path), "SC01")
    assert f"{tmp_path / 'b.parquet'}: no column 'balance' (2 of 3 files)" in finding.message
    assert f"{tmp_path / 'a.parquet'} has it" in finding.message
    assert finding.hint is not None
    assert "did you mean 'Balance'? Write all files with the same columns" in finding.hint
    assert (finding.count, finding.total) == (2, 3)
    write(tmp_path / "b.parquet", balances("b").rename({"balance": "xyz"}))
    (tmp_path / "c.parquet").unlink()
    hint = rejection(open_with(tmp_path), "SC01").hint
    assert hint == "write all files with the same columns, or give only those that have 'balance'"


def test_SC01_currency_column_is_wanted_only_where_it_is_named(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet")
    assert open_with(tmp_path).findings == ()
    assert "no column 'ccy'" in rejection(open_with(tmp_path, currency_col="ccy"), "SC01").message


def test_SC02_extra_columns_are_ignored(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", balances().with_columns(note=pl.lit("x"), more=1))
    write(tmp_path / "b.parquet", balances("b").with_columns(note=2.5))
    write(tmp_path / "c.parquet", balances("c").select("balance", "account_id", "date"))
    assert rows_of(tmp_path).height == 9


def test_SC02_extra_columns_that_differ_in_every_way(tmp_path: Path) -> None:
    write_arrow(tmp_path / "a.parquet", arrow_columns(), list=pa.array([[1], [2]]), struct=pa.array([{"x": 1}] * 2))
    write(tmp_path / "b.parquet", balances("b").with_columns(list=pl.lit("x")))
    assert rows_of(tmp_path).height == 5


def test_SC03_text_balances_reject_with_the_cast(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", balances().with_columns(pl.lit(" 12 ").alias("balance")))
    finding = rejection(open_with(tmp_path), "SC03")
    assert "x.parquet: column 'balance' is String, expected a number" in finding.message
    assert finding.hint is not None
    assert 'pl.col("balance").cast(pl.Decimal(18, 2))' in finding.hint
    assert "--balance-col" in finding.hint


def test_SC03_text_dates_reject_with_the_cast(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", balances().cast({"date": pl.String}))
    finding = rejection(open_with(tmp_path), "SC03")
    assert "column 'date' is String, expected a date or a timestamp" in finding.message
    assert finding.hint is not None
    assert 'pl.col("date").str.to_date()' in finding.hint


def test_SC09_whole_numbers_as_days_reject_with_a_cast_that_works(tmp_path: Path) -> None:
    numbers = balances().with_columns(pl.col("date").dt.strftime("%Y%m%d").cast(pl.Int64))
    write(tmp_path / "x.parquet", numbers)
    hint = rejection(open_with(tmp_path), "SC09").hint or ""
    assert 'pl.col("date").cast(pl.String).str.to_date("%Y%m%d")' in hint
    cast = pl.col("date").cast(pl.String).str.to_date("%Y%m%d")
    assert numbers.with_columns(cast)["date"].to_list() == balances()["date"].to_list()


def test_SC08_days_and_instants_reject_with_the_cast_to_days(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", balances().cast({"date": pl.Date}))
    write(tmp_path / "b.parquet", balances("b").cast({"date": pl.Datetime("us")}))
    assert 'pl.col("date").dt.date()' in (rejection(open_with(tmp_path), "SC08").hint or "")


def test_SC08_a_column_of_no_use_among_good_ones_gets_the_hint(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", balances())
    write(tmp_path / "b.parquet", balances("b").with_columns(pl.col("balance") > 1))
    hint = rejection(open_with(tmp_path), "SC08").hint
    assert hint == "write all files with one type: name another column with --balance-col"


def test_SC04_decimal_balances_become_float64(tmp_path: Path) -> None:
    frame = balances().with_columns(pl.Series("balance", ["16777217.01", "-0.10", None]).cast(pl.Decimal(18, 2)))
    write(tmp_path / "x.parquet", frame)
    finding = only(open_with(tmp_path).findings, "SC04")
    assert finding.action is Action.REPAIR
    assert "read as Float64" in finding.message
    assert rows_of(tmp_path)["y"].to_list() == [16777217.01, -0.1, None]


@pytest.mark.parametrize("dtype", [pl.Int8, pl.Int64, pl.UInt16])
def test_SC04_whole_numbers_become_float64(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    write(tmp_path / "x.parquet", balances().cast({"balance": dtype}))
    finding = only(open_with(tmp_path).findings, "SC04")
    assert finding.action is Action.REPAIR
    assert f"x.parquet: column 'balance' is {dtype()}: read as Float64" in finding.message
    assert rows_of(tmp_path)["y"].to_list() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize("dtype", [pl.Float32, pl.Float64])
def test_floats_become_float64_without_a_word(tmp_path: Path, dtype: type[pl.DataType]) -> None:
    write(tmp_path / "x.parquet", balances().cast({"balance": dtype}))
    assert open_with(tmp_path).findings == ()
    assert rows_of(tmp_path)["y"].to_list() == [1.0, 2.0, 3.0]


def test_SC04_cents_are_not_rounded_to_float32(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", balances().with_columns(pl.lit(16_777_217).alias("balance")))
    assert rows_of(tmp_path)["y"].to_list() == [16_777_217.0] * 3


def test_null_nan_and_inf_stay_unchanged(tmp_path: Path) -> None:
    frame = balances(days=4).with_columns(pl.Series("balance", [None, float("nan"), float("inf"), -0.5]))
    write(tmp_path / "x.parquet", frame)
    y = rows_of(tmp_path)["y"]
    assert y.is_null().to_list() == [True, False, False, False]
    assert y.is_nan().to_list() == [None, True, False, False]
    assert y.is_infinite().to_list() == [None, False, True, False]


@pytest.mark.parametrize(
    ("column", "narrow", "wide", "inside"),
    [
        ("account_id", pl.Int32, pl.Int64, pl.Int64),
        ("account_id", pl.UInt16, pl.Int32, pl.Int32),
        ("account_id", pl.UInt32, pl.Int32, pl.Int64),
        ("account_id", pl.UInt8, pl.UInt64, pl.UInt64),
        ("balance", pl.Float32, pl.Float64, pl.Float64),
        ("balance", pl.Int64, pl.Float64, pl.Float64),
        ("balance", pl.Decimal(18, 2), pl.Float64, pl.Float64),
    ],
)
def test_SC08_types_that_widen_without_loss(
    tmp_path: Path, column: str, narrow: pl.DataType, wide: pl.DataType, inside: pl.DataType
) -> None:
    first, second = balances("1"), balances("2", start=5.0)
    write(tmp_path / "a.parquet", first.cast({"account_id": pl.Int64}).cast({column: narrow}))
    write(tmp_path / "b.parquet", second.cast({"account_id": pl.Int64}).cast({column: wide}))
    finding = only(open_with(tmp_path).findings, "SC08")
    assert finding.action is Action.REPAIR
    rows = rows_of(tmp_path)
    assert rows["unique_id" if column == "account_id" else "y"].dtype == inside
    assert rows["y"].to_list() == [1.0, 2.0, 3.0, 5.0, 6.0, 7.0]
    assert rows["unique_id"].cast(pl.String).to_list() == ["1"] * 3 + ["2"] * 3


def test_SC08_range_over_types_that_widen(tmp_path: Path) -> None:
    for account, dtype in ((1, pl.Int32), (2**40, pl.Int64)):
        frame = balances().with_columns(pl.lit(account, dtype=dtype).alias("account_id"))
        write(tmp_path / f"{account}.parquet", frame)
    source = open_with(tmp_path)
    rows = scan_rows(source, Settings(), first_id=2**40, last_id=2**41).collect()
    assert rows["unique_id"].to_list() == [2**40] * 3


def test_SC08_dictionary_and_text_go_together(tmp_path: Path) -> None:
    write_arrow(tmp_path / "a.parquet", arrow_columns(), account_id=pa.array(["a", "b"]).dictionary_encode())
    write_arrow(tmp_path / "b.parquet", arrow_columns(), account_id=pa.array(["c", "d"], pa.large_string()))
    assert open_with(tmp_path).id_dtype == pl.String
    assert rows_of(tmp_path)["unique_id"].to_list() == ["a", "b", "c", "d"]


def test_SC08_column_of_nulls_goes_with_any_type(tmp_path: Path) -> None:
    write_arrow(tmp_path / "a.parquet", arrow_columns(), balance=pa.nulls(2), account_id=pa.nulls(2))
    write_arrow(tmp_path / "b.parquet", arrow_columns())
    rows = rows_of(tmp_path)
    assert rows["y"].to_list() == [None, None, 0.0, 1.0]
    assert rows["unique_id"].to_list() == [None, None, "a", "a"]


@pytest.mark.parametrize(
    ("column", "other", "types"),
    [
        ("balance", pl.String, ("Float64", "String")),
        ("account_id", pl.Int64, ("String", "Int64")),
        ("date", pl.Datetime("us"), ("Date", "Datetime")),
    ],
)
def test_SC08_types_that_lose_something_reject_naming_a_file_of_each(
    tmp_path: Path, column: str, other: pl.DataType, types: tuple[str, str]
) -> None:
    write(tmp_path / "a.parquet", balances("1"))
    write(tmp_path / "b.parquet", balances("2").cast({column: other}))
    finding = rejection(open_with(tmp_path), "SC08")
    assert finding.examples == (str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet"))
    assert f"column '{column}' is {types[1]}" in finding.message
    assert f"but {types[0]} in {tmp_path / 'a.parquet'}" in finding.message


def test_SC08_signed_and_unsigned_ids_that_fit_no_type_reject(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", balances("1").cast({"account_id": pl.Int64}))
    write(tmp_path / "b.parquet", balances("2").cast({"account_id": pl.UInt64}))
    assert "UInt64" in rejection(open_with(tmp_path), "SC08").message


@pytest.mark.parametrize(
    ("column", "values", "hint"),
    [
        ("balance", pa.array([{"amount": 1.0}] * 2), 'e.g. pl.col("balance").struct.field("amount")'),
        ("balance", pa.array([[1.0], [2.0]]), "name another column with --balance-col"),
        ("balance", pa.array([True, False]), "name another column with --balance-col"),
        ("balance", pa.array([b"1", b"2"]), "name another column with --balance-col"),
        ("balance", pa.array([1, 2], pa.decimal256(50, 2)), 'table.column("balance").cast(pa.decimal128(38, 2))'),
        ("balance", pa.array([20000, 20001], pa.date32()), "name another column with --balance-col"),
        ("date", pa.array([20260101, 20260102]), 'e.g. pl.col("date").cast(pl.String).str.to_date("%Y%m%d")'),
        ("date", pa.array([1.0, 2.0]), "name another column with --date-col"),
        ("account_id", pa.array([True, False]), "name another column with --id-col"),
        ("account_id", pa.nulls(2), "name another column with --id-col"),
    ],
)
def test_SC09_columns_of_unusable_types_reject(tmp_path: Path, column: str, values: pa.Array, hint: str) -> None:
    write_arrow(tmp_path / "x.parquet", arrow_columns(), **{column: values})
    finding = rejection(open_with(tmp_path), "SC09")
    assert f"x.parquet: column '{column}' is " in finding.message
    assert ", expected " in finding.message
    assert finding.hint is not None
    assert hint in finding.hint
    assert ("cast it" in finding.hint) is ("to_date" in hint), "a cast of true to 1.00 would be a balance made up"


def test_SC09_the_same_column_twice_rejects(tmp_path: Path) -> None:
    columns = [*arrow_columns().values(), pa.array([1.0, 2.0])]
    table = pa.table(columns, names=["account_id", "date", "balance", "balance"])
    pa.parquet.write_table(table, tmp_path / "x.parquet")
    finding = rejection(open_with(tmp_path, on_bad_file="quarantine"), "SC09")
    assert "column 'balance' appears 2 times" in finding.message


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["a", "b"])])
def test_SC10_categories_are_text_inside_and_keep_their_type_outside(tmp_path: Path, dtype: pl.DataType) -> None:
    frame = pl.concat([balances("b", 2), balances("a", 1)]).cast({"account_id": dtype})
    write(tmp_path / "x.parquet", frame)
    source = open_with(tmp_path)
    assert only(source.findings, "SC10").action is Action.REPAIR
    assert source.id_dtype == dtype
    assert source.key_dtype == pl.String
    ids = scan_rows(source, Settings(), first_id="a", last_id="a").collect()["unique_id"]
    assert ids.to_list() == ["a"]
    assert ids.cast(source.id_dtype).dtype == dtype


def test_SC10_large_strings_are_text(tmp_path: Path) -> None:
    write_arrow(tmp_path / "x.parquet", arrow_columns(), account_id=pa.array(["a", "b"], pa.large_string()))
    assert open_with(tmp_path).findings == ()
    assert rows_of(tmp_path)["unique_id"].to_list() == ["a", "b"]


def test_SC10_decimals_without_fraction_are_whole_numbers(tmp_path: Path) -> None:
    ids = pa.array([12345678901234567, 2], pa.decimal128(18, 0))
    write_arrow(tmp_path / "x.parquet", arrow_columns(), account_id=ids)
    source = open_with(tmp_path)
    assert (source.id_dtype, source.key_dtype) == (pl.Decimal(18, 0), pl.Int64)
    rows = scan_rows(source, Settings(), first_id=3).collect()
    assert rows["unique_id"].to_list() == [12345678901234567]
    assert rows["unique_id"].cast(source.id_dtype).dtype == pl.Decimal(18, 0)


@pytest.mark.parametrize("digits", [20, 38])
def test_SC10_decimals_of_more_digits_than_64_bits_hold_are_whole_numbers(tmp_path: Path, digits: int) -> None:
    """As Spark writes unsigned ids, and Oracle all."""
    largest = 10**digits - 1
    ids = pa.array([Decimal(largest), Decimal(-largest)], pa.decimal128(digits, 0))
    write_arrow(tmp_path / "x.parquet", arrow_columns(), account_id=ids)
    source = open_with(tmp_path)
    assert (source.id_dtype, source.key_dtype, source.findings) == (pl.Decimal(digits, 0), pl.Int128, ())
    assert scan_rows(source, Settings()).collect()["unique_id"].to_list() == [largest, -largest]
    rows = scan_rows(source, Settings(), first_id=largest, last_id=largest).collect()
    assert rows["unique_id"].cast(source.id_dtype).to_list() == [Decimal(largest)]


@pytest.mark.parametrize("other", [pl.Int64, pl.UInt64, pl.Decimal(10, 0)])
def test_SC08_decimals_of_many_digits_hold_whole_numbers_of_all_types(tmp_path: Path, other: pl.DataType) -> None:
    write(tmp_path / "a.parquet", balances("7").cast({"account_id": pl.Int64}).cast({"account_id": other}))
    write(tmp_path / "b.parquet", balances("8").cast({"account_id": pl.Decimal(20, 0)}))
    source = open_with(tmp_path)
    assert (source.id_dtype, source.key_dtype) == (pl.Decimal(38, 0), pl.Int128)
    assert set(scan_rows(source, Settings(), first_id=7).collect()["unique_id"]) == {7, 8}
    assert set(scan_rows(source, Settings(), first_id=8).collect()["unique_id"]) == {8}


@pytest.mark.parametrize("values", [pa.array([1.0, 2.0]), pa.array([1, 2], pa.decimal128(18, 2))])
def test_SC12_float_ids_reject(tmp_path: Path, values: pa.Array) -> None:
    write_arrow(tmp_path / "x.parquet", arrow_columns(), account_id=values)
    finding = rejection(open_with(tmp_path), "SC12")
    assert "expected text or a whole number" in finding.message
    assert finding.hint is not None
    assert 'if they are whole numbers, cast them with pl.col("account_id").cast(pl.Int64)' in finding.hint
    assert "write other ids as text where they come from" in finding.hint
    assert "pl.String" not in finding.hint, "7.0 would become the text 7.0"


@pytest.mark.parametrize("column", ["account_id", "ccy"])
def test_SC09_text_that_is_not_marked_as_such_rejects_with_its_cast(tmp_path: Path, column: str) -> None:
    """As Impala and old Hive write it."""
    path = write_arrow(tmp_path / "x.parquet", arrow_columns(), **{column: pa.array([b"\xc3\xbc", b"b"])})
    finding = rejection(open_with(path, currency_col="ccy" if column == "ccy" else None), "SC09")
    assert f'cast it, e.g. pl.col("{column}").cast(pl.String)' in (finding.hint or "")
    cast = pl.read_parquet(path).with_columns(pl.col(column).cast(pl.String))
    assert cast[column].to_list() == ["ü", "b"]


def test_SC09_uuids_reject_with_a_cast_that_works(tmp_path: Path) -> None:
    ids = pa.array([bytes(15) + b"\xff", bytes(range(240, 256))], pa.binary(16))
    path = write_arrow(tmp_path / "x.parquet", arrow_columns(), account_id=ids)
    cast = 'pl.col("account_id").bin.encode("hex")'
    assert cast in (rejection(open_with(path), "SC09").hint or "")
    pl.read_parquet(path).with_columns(pl.col("account_id").bin.encode("hex")).write_parquet(path)
    assert rows_of(path)["unique_id"].to_list() == ["0" * 30 + "ff", "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"]


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")])
def test_SC08_float_ids_beside_whole_ones_reject_with_the_cast_of_the_floats(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    whole = balances().with_columns(account_id=7)
    write(tmp_path / f"{order[0]}.parquet", whole)
    write(tmp_path / f"{order[1]}.parquet", whole.cast({"account_id": pl.Float64}))
    assert "cast(pl.Int64)" in (rejection(open_with(tmp_path), "SC08").hint or "")
