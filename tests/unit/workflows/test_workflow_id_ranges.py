"""Ranges of account ids."""

import polars as pl
import pytest

from forecast_cli.workflows.run_tables import in_range, split_ids


@pytest.mark.parametrize("accounts", [1, 2, 3, 9])
@pytest.mark.parametrize("ids", [pl.Series("id", [3, 1, 2, 2, None]), pl.Series("id", ["b", None, "a", "c", "c"])])
def test_every_id_is_in_one_range(ids: pl.Series, accounts: int) -> None:
    every = pl.concat([ids, pl.Series("id", [0, 9] if ids.dtype == pl.Int64 else ["", "z"])]).to_frame()
    found = [every.filter(in_range("id", one)) for one in split_ids(ids, accounts=accounts)]
    assert len(found) == -(-3 // accounts)
    assert pl.concat(found).sort("id").equals(every.sort("id"))


def test_a_range_holds_as_many_ids_as_asked_for() -> None:
    assert split_ids(pl.Series([3, 1, 2, 2]), accounts=2) == [(None, 3), (3, None)]
    assert split_ids(pl.Series([], dtype=pl.Int64), accounts=2) == [(None, None)]
