"""Footers that do not describe the pages before them: several files in one, wrong statistics (IN02, IN04)."""

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from parquet_fixtures import balances, open_with, rejection, write

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

_PYARROW: dict[str, dict[str, Any]] = {
    "plain": {},
    "page-index": {"write_page_index": True, "data_page_size": 64, "row_group_size": 20},
    "bloom-filter": {"bloom_filter_options": {"account_id": True}},
    "both": {"bloom_filter_options": {"account_id": True}, "write_page_index": True},
}


def _write(path: Path, writer: str, frame: pl.DataFrame) -> bytes:
    if writer == "polars":
        frame.write_parquet(path, compression="uncompressed")
    else:
        if "bloom_filter_options" in _PYARROW[writer]:
            pytest.importorskip("pyarrow", minversion="24", reason="older versions write no Bloom filters")
        pq.write_table(frame.to_arrow(), path, compression="none", **_PYARROW[writer])
    return path.read_bytes()


@pytest.mark.parametrize("writer", ["polars", *_PYARROW])
def test_IN02_files_written_one_after_the_other_reject(tmp_path: Path, writer: str) -> None:
    """The offsets of the last footer point into the first file: its balances would be taken for those of the last."""
    path = tmp_path / "x.parquet"
    first = _write(path, writer, balances(days=90))
    last = _write(path, writer, balances(days=90, start=500.0))
    assert open_with(path).findings == ()
    path.write_bytes(first + last)
    message = rejection(open_with(path), "IN02").message
    assert f"its footer belongs to a file that begins at byte {len(first):,}: several files in one" in message


def test_IN02_a_file_without_rows_after_another_rejects(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    first = path.read_bytes()
    write(path, balances().clear())
    path.write_bytes(first + path.read_bytes())
    rejection(open_with(path), "IN02")


def test_IN02_bytes_between_data_and_footer_are_no_matter(tmp_path: Path) -> None:
    path = write(tmp_path / "x.parquet")
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    path.write_bytes(whole[:footer] + bytes(100) + whole[footer:])
    assert open_with(path).findings == ()


def test_IN04_a_footer_whose_statistics_hide_an_account_rejects(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    path = write(folder / "a.parquet", balances("a", days=60)).with_name("b.parquet")
    pq.write_table(balances("zzzz", days=60).to_arrow(), path, compression="none", use_dictionary=False)
    whole = path.read_bytes()
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    path.write_bytes(whole[:footer].replace(b"zzzz", b"mmmm") + whole[footer:])
    request = ForecastRequest(str(folder), tmp_path / "out", Settings(model=("Naive",), jobs=1))
    with pytest.raises(InputRejectedError, match=r"b\.parquet: a row group has other account ids than the footer says"):
        run_forecast(request)
