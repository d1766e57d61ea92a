"""Amounts from a column of the input: the last row up to a day counts, whatever the order of rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError
from forecast_cli.data.files.open import open_source
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.amounts import amounts_on, read_amounts, validate_amounts

SETTINGS = Settings(threshold=("limit",))
Read = Callable[..., pl.DataFrame]


def rows(*told: tuple[str, int, float | None]) -> pl.DataFrame:
    """Rows of account, day of June and limit."""
    return pl.DataFrame(
        {
            "account_id": [account for account, _, _ in told],
            "date": [date(2026, 6, day) for _, day, _ in told],
            "balance": [1.0 for _ in told],
            "limit": pl.Series([limit for *_, limit in told], dtype=pl.Float64),
        }
    )


def panel_of(*accounts: str, day: int = 30, currencies: list[str] | None = None) -> Panel:
    n = len(accounts)
    origins = np.full(n, date(2026, 6, day), dtype="datetime64[D]")
    keys = None if currencies is None else pl.Series(currencies)
    return Panel(pl.Series(accounts), np.ones((n, 1)), np.ones(n, dtype=np.int64), origins, keys)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_from(*files: pl.DataFrame, settings: Settings = SETTINGS) -> pl.DataFrame:
        for place, frame in enumerate(files):
            frame.write_parquet(tmp_path / f"{place}.parquet")
        return read_amounts(open_source(str(tmp_path), settings), settings, "limit", first_id="A", last_id="Z")

    return read_from


def test_the_last_row_up_to_the_origin_says_the_amount(read: Read) -> None:
    told = read(rows(("A", 1, 100.0), ("A", 20, 300.0), ("B", 5, 50.0)))
    assert [amounts_on(told, panel_of("A", "B", day=day)).tolist() for day in (5, 19, 20)] == [
        [100.0, 50.0],
        [100.0, 50.0],
        [300.0, 50.0],
    ]


def test_nothing_later_than_the_origin_is_used(read: Read) -> None:
    told = read(rows(("A", 10, 1.0), ("A", 20, 2.0)))
    assert np.isnan(amounts_on(told, panel_of("A", day=9))).all()


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf")])
def test_a_last_row_that_says_no_amount_is_none(read: Read, nothing: float | None) -> None:
    told = read(rows(("A", 1, 5.0), ("A", 2, nothing), ("B", 1, 7.0)))
    np.testing.assert_array_equal(amounts_on(told, panel_of("A", "B", "C")), [np.nan, 7.0, np.nan])


def test_the_order_of_rows_and_of_files_does_not_count(read: Read, tmp_path: Path) -> None:
    frame = rows(("A", 1, 5.0), ("A", 1, 6.0), ("A", 1, None), ("B", 3, 1.0), ("B", 2, 9.0))
    told = read(frame)
    assert amounts_on(told, panel_of("A", "B")).tolist() == [6.0, 1.0]
    again = read(frame.reverse().head(2), frame.reverse().tail(3))
    assert amounts_on(again, panel_of("A", "B")).tolist() == [6.0, 1.0]


def test_of_a_day_the_last_instant_counts(read: Read) -> None:
    frame = rows(("A", 1, 5.0), ("A", 1, 9.0)).with_columns(
        pl.Series("date", [datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (18, 9)])
    )
    assert amounts_on(read(frame), panel_of("A")).tolist() == [5.0]


def test_each_currency_of_an_account_has_its_own(read: Read) -> None:
    settings = SETTINGS.model_copy(update={"currency_col": "currency"})
    frame = rows(("A", 1, 5.0), ("A", 1, 6.0)).with_columns(currency=pl.Series(["EUR", "USD"]))
    told = read(frame, settings=settings)
    assert amounts_on(told, panel_of("A", "A", currencies=["EUR", "USD"])).tolist() == [5.0, 6.0]


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float32, pl.Decimal(12, 2), pl.UInt8])
def test_any_number_is_an_amount_and_files_may_differ(read: Read, dtype: Any) -> None:
    told = read(rows(("A", 1, 5.0)).with_columns(pl.col("limit").cast(dtype)), rows(("B", 1, 6.5)))
    assert amounts_on(told, panel_of("A", "B")).tolist() == [5.0, 6.5]


def test_a_file_without_any_amount_is_no_mistake(read: Read, tmp_path: Path) -> None:
    told = read(rows(("A", 1, 5.0)), rows(("B", 1, None)).with_columns(limit=pl.lit(None)))
    validate_amounts(open_source(str(tmp_path), SETTINGS), SETTINGS)
    np.testing.assert_array_equal(amounts_on(told, panel_of("A", "B")), [5.0, np.nan])


def test_no_account_outside_the_range_is_read(tmp_path: Path) -> None:
    rows(*((account, 1, 5.0) for account in "ABC")).write_parquet(tmp_path / "in.parquet")
    told = read_amounts(open_source(str(tmp_path), SETTINGS), SETTINGS, "limit", first_id="B", last_id="B")
    assert told["unique_id"].to_list() == ["B"]


def test_the_balance_itself_may_be_the_threshold(tmp_path: Path) -> None:
    rows(("A", 1, 5.0)).write_parquet(tmp_path / "in.parquet")
    settings = Settings(threshold=("balance",))
    source = open_source(str(tmp_path), settings)
    validate_amounts(source, settings)
    told = read_amounts(source, settings, "balance", first_id="A", last_id="A")
    assert amounts_on(told, panel_of("A")).tolist() == [1.0]


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("limti", [1.0], "no column 'limit' (--threshold)"),
        ("limit", ["1"], "column 'limit' is String, expected a number (--threshold)"),
        ("limit", [True], "column 'limit' is Boolean, expected a number (--threshold)"),
        ("limit", [date(2026, 6, 1)], "column 'limit' is Date, expected a number (--threshold)"),
    ],
)
def test_a_column_that_is_not_there_or_no_number_is_refused(
    tmp_path: Path, column: str, values: list[Any], said: str
) -> None:
    frame = rows(("A", 1, 5.0)).drop("limit").with_columns(pl.Series(column, values))
    frame.write_parquet(tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match="--threshold") as refused:
        validate_amounts(open_source(str(tmp_path), SETTINGS), SETTINGS)
    assert said in refused.value.message
    assert column != "limti" or "did you mean 'limti'?" in str(refused.value.hint)
    assert ("cast it" in str(refused.value.hint)) is (values == ["1"]), "a cast of a day would be an amount made up"


def test_the_name_of_a_folder_is_text_and_no_amount(tmp_path: Path) -> None:
    folder = tmp_path / "limit=500"
    folder.mkdir()
    rows(("A", 1, 5.0)).drop("limit").write_parquet(folder / "in.parquet")
    with pytest.raises(ConfigError, match="'limit' is String, expected a number"):
        validate_amounts(open_source(str(tmp_path), SETTINGS), SETTINGS)
