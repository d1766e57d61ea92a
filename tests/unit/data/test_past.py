"""The past of accounts: what is read of it, and the last day that is known before a given day."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from panels import panel_of
from ts_rows import START, daily, rows

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract import past
from forecast_cli.data.contract.past import Past, read_past
from forecast_cli.data.files.open import open_source


def test_a_row_of_the_day_itself_is_not_known_before_it() -> None:
    month = np.datetime64("2026-06-01")
    first = int(month.astype(np.int64))
    rows, days = [0, 0, 0, 1, 1], [first - 1, first, first - 3, first, first + 4]
    past = Past(panel_of([1.0], [1.0], [1.0]), np.array(rows, dtype=np.int32), np.array(days, dtype=np.int32))
    assert past.last_before(month).tolist() == [first - 1, -1, -1]


@pytest.mark.parametrize("together", [1, 1_000])
def test_a_past_ends_with_the_last_balance_of_its_account_and_no_gap_cuts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    """Of five accounts one rests for 500 days, one ends with a null, one has no balance, and one is not asked for."""
    monkeypatch.setattr(past, "_TOGETHER", together)
    rests = [*daily("c", [1.0, 2.0]), ("c", START + timedelta(days=501), 5.0)]
    short, repeated = daily("a", [3.0, 4.0, None]), daily("a", [3.0])
    whole = rows(short, repeated, daily("b", [None]), rests, daily("d", [6.0]), daily("e", [7.0]))
    whole.drop("at").rename({"unique_id": "account_id", "ds": "date", "y": "balance"}).write_parquet(
        tmp_path / "rows.parquet"
    )
    settings = Settings()
    source = open_source(str(tmp_path / "rows.parquet"), settings)
    found = read_past(source, settings, pl.Series(["e", "c", "b", "a", "c"]), longest=500)
    assert found.panel.ids.to_list() == ["a", "c", "e"]
    assert found.panel.lengths.tolist() == [2, 500, 1]
    assert found.panel.series(0).tolist() == [3.0, 4.0]
    assert found.panel.series(1).tolist() == [2.0, *[2.0] * 498, 5.0]
    start = int(np.datetime64(START).astype(np.int64))
    assert sorted(zip(found.row.tolist(), (found.day - start).tolist(), strict=True)) == [
        *[(0, 0), (0, 0), (0, 1)],
        *[(1, 0), (1, 1), (1, 501)],
        (2, 0),
    ]
