"""Accounts by number: rows keep their account in any order, and accounts in plain order need no second look."""

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from ts_rows import START, daily, rows

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract.irregular import attach_codes, deduplicate_irregular, merge_counts
from forecast_cli.data.contract.marks import CODE
from forecast_cli.data.contract.numbers import NUMBER, drop_columns, number_keys
from forecast_cli.data.contract.profile import profile_of, split_unnamed
from forecast_cli.data.contract.repair import deduplicate_days
from forecast_cli.data.contract.row_counts import count_rows
from forecast_cli.data.scan.canonical import key_columns


def profile(frame: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """Return the coded profile of the accounts of ``frame``."""
    counted = count_rows(number_keys(frame, key_columns(settings)), settings)
    return split_unnamed(profile_of(counted, settings))[0].with_row_index(CODE)


@pytest.mark.parametrize("keys", [["id"], ["id", "currency"]])
@pytest.mark.parametrize("ids", [["a", "a", "b", "c"], ["b", "a", None, "a", None, "b"], []])
def test_rows_of_one_key_have_one_number_and_those_of_others_another(keys: list[str], ids: list[str | None]):
    frame = pl.DataFrame({"id": ids, "currency": ids, "y": range(len(ids))}, schema_overrides={"id": pl.String})
    numbered = number_keys(frame, keys)
    told = numbered.rows.join(numbered.keys, on=NUMBER, maintain_order="left")
    assert_frame_equal(told.select(frame.columns), frame)
    assert numbered.keys[NUMBER].to_list() == list(range(len(set(ids))))


def test_a_frame_without_some_columns_has_the_others_in_their_order_and_pieces() -> None:
    pieces = [pl.DataFrame({"id": [row], "ds": [row], "y": [row]}) for row in range(3)]
    left = drop_columns(pl.concat(pieces, rechunk=False), ["ds"])
    assert left.columns == ["id", "y"]
    assert left.n_chunks() == 3


def test_codes_of_keys_that_have_none_are_null():
    numbered = number_keys(pl.DataFrame({"id": ["x", "y", "x"], "y": [1, 2, 3]}), ["id"])
    coded = pl.DataFrame({NUMBER: [1], CODE: [7]}, schema={NUMBER: pl.UInt32, CODE: pl.UInt32})
    assert numbered.codes(coded, CODE).to_list() == [None, 7, None]


def test_days_of_irregular_and_plain_accounts_are_those_of_a_close_look_at_all():
    frame = rows(
        daily("d", [4.0, 5.0]),
        daily("b", [1.0, None, -0.0]),
        daily("c", [3.0, 2.0], START + timedelta(days=9)),
        daily("a", [8.0]),
        daily("a", [8.0, 9.0]),
    )
    settings = Settings()
    coded = profile(frame, settings)
    assert coded["irregular"].to_list() == [True, True, False, False]
    whole = deduplicate_days(attach_codes(frame.lazy(), coded, settings).collect(), settings)
    rows_of = frame.join(coded.select("unique_id", CODE), on="unique_id", maintain_order="left")
    found = deduplicate_irregular(rows_of, frame["at"], coded, settings)
    assert_frame_equal(found.days, whole.days)
    assert found.counts[CODE].to_list() == [0, 1]
    assert_frame_equal(found.counts, whole.counts.filter(pl.col(CODE) < 2))


def test_rows_out_of_the_dates_taken_are_no_days_of_a_plain_account():
    frame = rows(daily("a", [1.0, 2.0, 3.0]))
    settings = Settings(as_of=START + timedelta(days=1))
    coded = profile(frame, settings)
    with_code = frame.with_columns(pl.lit(0, dtype=pl.UInt32).alias(CODE))
    assert deduplicate_irregular(with_code, frame["at"], coded, settings).days["y"].to_list() == [1.0, 2.0]


def test_codes_are_the_numbers_where_keys_come_in_order_and_all_have_one() -> None:
    numbered = number_keys(pl.DataFrame({"id": ["x", "x", "y"], "y": [1, 2, 3]}), ["id"])
    coded = numbered.keys.select(NUMBER, pl.col(NUMBER).alias(CODE))
    assert numbered.codes(coded, CODE).to_list() == [0, 0, 1]
    assert numbered.codes(coded, CODE).name == CODE
    assert numbered.codes(coded.reverse().with_columns(coded[CODE]), CODE).to_list() == [1, 1, 0]


def test_rows_of_no_account_are_no_days_and_plain_accounts_come_by_code() -> None:
    frame = rows(daily("b", [3.0, -0.0]), daily(" ", [9.0]), daily("a", [1.0, 2.0]))
    settings = Settings()
    coded = profile(frame, settings)
    with_codes = frame.join(coded.select("unique_id", CODE), on="unique_id", how="left", maintain_order="left")
    settled = deduplicate_irregular(with_codes, frame["at"], coded, settings)
    assert settled.days.select(CODE, "y").rows() == [(0, 1.0), (0, 2.0), (1, 3.0), (1, 0.0)]
    assert merge_counts(coded, settled.counts).equals(coded)
