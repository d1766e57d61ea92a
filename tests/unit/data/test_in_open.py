"""Inputs without problems: a file, a folder, a glob, hive folders; order, ranges and types of the rows."""

import pickle
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.data.files.blame import find_unreadable
from forecast_cli.data.files.open import open_source
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.scan.unchanged import assert_unchanged

SETTINGS = Settings()


def balances(ids: list[str], values: list[float], first: date = date(2026, 1, 1)) -> pl.DataFrame:
    days = pl.date_range(first, interval="1d", end=first.replace(day=first.day + len(ids) - 1), eager=True)
    return pl.DataFrame({"account_id": ids, "date": days, "balance": values})


def test_file_gives_canonical_rows_in_its_order(tmp_path: Path) -> None:
    balances(["b", "a", "b"], [3.0, 1.0, 2.0]).write_parquet(tmp_path / "x.parquet")
    source = open_source(str(tmp_path / "x.parquet"), SETTINGS)
    rows = scan_rows(source, SETTINGS).collect()
    assert source.findings == ()
    assert source.rows == 3
    assert rows.schema == {"unique_id": pl.String, "ds": pl.Date, "at": pl.Datetime("us"), "y": pl.Float64}
    assert rows["unique_id"].to_list() == ["b", "a", "b"]
    assert rows["y"].to_list() == [3.0, 1.0, 2.0]
    assert rows["at"].null_count() == 3


def test_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    for name, value in (("b/2", 2.0), ("a/9", 1.0), ("c", 3.0)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        balances(["x"], [value]).write_parquet(tmp_path / f"{name}.parquet")
    source = open_source(str(tmp_path), SETTINGS)
    assert [Path(file.path).name for file in source.files] == ["9.parquet", "2.parquet", "c.parquet"]
    assert scan_rows(source, SETTINGS).collect()["y"].to_list() == [1.0, 2.0, 3.0]


def test_id_range_includes_both_ends(tmp_path: Path) -> None:
    balances(["a", "b", "c", "d"], [1.0, 2.0, 3.0, 4.0]).write_parquet(tmp_path / "x.parquet")
    source = open_source(str(tmp_path), SETTINGS)
    rows = scan_rows(source, SETTINGS, first_id="b", last_id="c").collect()
    assert rows["unique_id"].to_list() == ["b", "c"]


def test_id_range_leaves_out_folders_beyond_it(tmp_path: Path) -> None:
    for account in ("00122", "00123", "00124"):
        folder = tmp_path / f"account_id={account}"
        folder.mkdir()
        balances(["-"], [float(account)]).drop("account_id").write_parquet(folder / "0.parquet")
    source = open_source(str(tmp_path), SETTINGS)
    lazy = scan_rows(source, SETTINGS, first_id="00123", last_id="00123")
    assert lazy.collect()["y"].to_list() == [123.0]
    assert "00124" not in lazy.explain()
    assert scan_rows(source, SETTINGS, first_id="1").collect().is_empty()


def test_range_is_pushed_down_to_the_files(tmp_path: Path) -> None:
    balances(["a"], [1.0]).write_parquet(tmp_path / "x.parquet")
    plan = scan_rows(open_source(str(tmp_path), SETTINGS), SETTINGS, first_id="a", last_id="b").explain()
    scan = plan[plan.index("Parquet SCAN") :]
    assert 'col("account_id")' in scan
    assert "FILTER" not in plan


def test_integer_ids_stay_integers(tmp_path: Path) -> None:
    balances(["1", "2"], [1.0, 2.0]).cast({"account_id": pl.Int32}).write_parquet(tmp_path / "x.parquet")
    source = open_source(str(tmp_path), SETTINGS)
    assert source.id_dtype == source.key_dtype == pl.Int32
    assert scan_rows(source, SETTINGS, first_id=2).collect()["unique_id"].to_list() == [2]


def test_currency_is_text_and_the_range_is_over_accounts(tmp_path: Path) -> None:
    frame = balances(["a", "b"], [1.0, 2.0]).with_columns(ccy=pl.Series(["EUR", "CZK"], dtype=pl.Categorical))
    frame.write_parquet(tmp_path / "x.parquet")
    settings = Settings(currency_col="ccy")
    source = open_source(str(tmp_path), settings)
    rows = scan_rows(source, settings, first_id="b").collect()
    assert rows["currency"].to_list() == ["CZK"]
    assert rows.schema["currency"] == pl.String


def test_source_survives_pickling(tmp_path: Path) -> None:
    balances(["a"], [1.0]).write_parquet(tmp_path / "x.parquet")
    source = open_source(str(tmp_path), SETTINGS)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert again == source
    assert scan_rows(again, SETTINGS).collect().height == 1


def test_IN14_file_changed_since_listing(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    balances(["a"], [1.0]).write_parquet(path)
    source = open_source(str(path), SETTINGS)
    assert_unchanged(source)
    balances(["a", "b"], [1.0, 2.0]).write_parquet(path)
    with pytest.raises(InputRejectedError, match=r"x\.parquet: has changed since it was listed") as caught:
        assert_unchanged(source)
    assert caught.value.retryable
    path.unlink()
    with pytest.raises(InputRejectedError, match="is gone"):
        assert_unchanged(source)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def replace(path: Path) -> None:
    pl.DataFrame({"other": [1]}).write_parquet(path)


@pytest.mark.parametrize("happens", [truncate, replace, Path.unlink])
def test_IN14_a_read_error_names_the_file_that_changed(tmp_path: Path, happens: Callable[[Path], None]) -> None:
    for name in "ab":
        balances([name], [1.0]).write_parquet(tmp_path / f"{name}.parquet")
    source = open_source(str(tmp_path), SETTINGS)
    happens(tmp_path / "b.parquet")
    with pytest.raises(InputRejectedError, match=r"b\.parquet: (has changed|is gone) since .*IN14") as caught:
        collect(scan_rows(source, SETTINGS), source)
    assert caught.value.retryable
    if happens is not replace:
        with pytest.raises(InputRejectedError, match=r"b\.parquet: .*IN14"):
            find_unreadable(source, SETTINGS)
