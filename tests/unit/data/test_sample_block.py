"""Blocks of the sample: mix of accounts, independence of accounts, plausible balances."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from forecast_cli.core.errors import UsageError
from forecast_cli.data.sample.block import describe_accounts, generate_block
from forecast_cli.data.sample.kinds import ARCHETYPES, CURRENCIES, LIVES, Archetype, Feed, Life
from forecast_cli.data.sample.spec import LAST_DAY, SampleSpec

SPEC = SampleSpec(accounts=1_000, days=730, seed=7)


@cache
def balances() -> pl.DataFrame:
    return generate_block(SPEC, 0, 1_000)


@cache
def described() -> pl.DataFrame:
    return describe_accounts(SPEC, 0, 1_000)


def ids(**wanted: str) -> list[str]:
    return described().filter(**wanted)["account_id"].to_list()


def test_columns_have_the_types_that_are_promised():
    schema = balances().schema
    assert schema.names() == ["account_id", "date", "balance", "account_type", "currency"]
    assert [schema[name] for name in ("account_id", "date", "balance")] == [pl.String, pl.Date, pl.Float64]
    assert schema["account_type"] == pl.Enum(["checking", "savings", "credit_card", "business"])


def test_rows_are_sorted_and_one_a_day():
    key = balances().select("account_id", "date")
    assert_frame_equal(key, key.unique().sort("account_id", "date"))


def test_every_account_has_rows():
    assert balances()["account_id"].unique().sort().to_list() == [f"acc-{i:07d}" for i in range(1_000)]


@pytest.mark.parametrize("first", range(0, 300, 100))
def test_every_hundred_accounts_hold_the_same_kinds(first: int):
    hundred = described().slice(first, 100)
    for column, counts in (("archetype", ARCHETYPES), ("life", LIVES), ("currency", CURRENCIES)):
        found = dict(hundred[column].cast(pl.String).value_counts().iter_rows())
        assert found == {name.value: count for name, count in counts.items()}


def test_the_order_of_kinds_differs_between_hundreds_and_seeds():
    kinds = described()["archetype"].to_list()
    other = describe_accounts(SampleSpec(accounts=1_000, days=730, seed=8), 0, 100)["archetype"].to_list()
    assert kinds[:100] != kinds[100:200]
    assert kinds[:100] != other


def test_an_account_does_not_depend_on_how_many_there_are():
    million = SampleSpec(accounts=1_000_000, days=730, seed=7)
    assert_frame_equal(generate_block(million, 0, 250), generate_block(SampleSpec(250, 730, 7), 0, 250))


def test_an_account_does_not_depend_on_the_range_it_is_asked_in():
    spec = SampleSpec(accounts=3_000, days=60, seed=7)
    wide = generate_block(spec, 990, 1_020)
    single = generate_block(spec, 1_000, 1)
    assert wide["account_id"].unique().len() == 1_020
    assert_frame_equal(wide.filter(pl.col("account_id") == "acc-0001000"), single)


def test_the_range_ends_with_the_sample():
    assert generate_block(SampleSpec(5, 30, 7), 3, 100)["account_id"].unique().len() == 2


def test_another_seed_gives_other_balances():
    other = generate_block(SampleSpec(10, 730, 8), 0, 10)
    assert not other.equals(generate_block(SampleSpec(10, 730, 7), 0, 10))


def test_balances_are_finite_and_whole_cents():
    values = balances()["balance"].to_numpy()
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values, np.round(values, 2))
    assert not np.signbit(values[values == 0]).any()


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("checking", -30_000, 150_000),
        ("savings", 0, 400_000),
        ("credit_card", -80_000, 0),
        ("business", -1_000_000, 6_000_000),
    ],
)
def test_balances_are_plausible(kind: str, least: float, most: float):
    values = balances().filter(pl.col("account_type") == kind)["balance"]
    assert least <= values.min()
    assert values.max() <= most


def test_balances_revert_and_do_not_drift_over_six_years():
    long = generate_block(SampleSpec(1_000, 2_190, 7), 0, 1_000).filter(pl.col("account_id").is_in(ids(life=Life.FULL)))
    yearly = long.group_by("account_type", pl.col("date").dt.year()).agg(pl.col("balance").median()).sort("date")
    for _, years in yearly.group_by("account_type"):
        first, last = years["balance"][1], years["balance"][-2]
        assert 0.5 < last / first < 2.0


def test_some_checking_accounts_are_overdrawn_now_and_then():
    checking = balances().filter(pl.col("account_type") == "checking")
    overdrawn = checking.group_by("account_id").agg((pl.col("balance") < 0).mean())["balance"]
    assert 0.2 < (overdrawn > 0).mean() < 0.8
    assert 0.005 < (checking["balance"] < 0).mean() < 0.1


def test_cards_are_paid_down_every_month():
    cards = balances().filter(pl.col("account_id").is_in(ids(archetype=Archetype.CARD_PAID_IN_FULL, life=Life.FULL)))
    rises = cards.with_columns(pl.col("balance").diff().over("account_id").alias("rise")).filter(pl.col("rise") > 0)
    paid = rises.group_by("account_id").len()["len"]
    assert paid.min() >= 22
    assert paid.max() <= 26


@pytest.mark.parametrize(("life", "rows"), [(Life.ONE_DAY, 1), (Life.TWO_DAYS, 2), (Life.THREE_DAYS, 3)])
def test_very_short_accounts_have_a_row_for_each_of_their_days(life: Life, rows: int):
    short = balances().filter(pl.col("account_id").is_in(ids(life=life)))
    assert short.group_by("account_id").len()["len"].to_list() == [rows] * 10
    assert short.group_by("account_id").agg(pl.col("date").max())["date"].unique().to_list() == [LAST_DAY]


def test_closed_accounts_end_early_and_at_zero():
    ends = balances().filter(pl.col("account_id").is_in(ids(life=Life.CLOSED))).group_by("account_id").last()
    assert ends.height == 40
    assert ends["balance"].to_list() == [0.0] * 40
    assert ends["date"].max() < LAST_DAY


def test_new_accounts_open_inside_the_sample():
    new = balances().filter(pl.col("account_id").is_in(ids(life=Life.NEW)))
    opened = new.group_by("account_id").agg(pl.col("date").min())["date"]
    assert opened.min() > balances()["date"].min()
    assert opened.n_unique() > 25


def test_dormant_accounts_move_no_more_than_once_a_month_at_last():
    rows = balances().filter(pl.col("account_id").is_in(ids(life=Life.DORMANT, feed=Feed.MOVES)))
    late = rows.filter(pl.col("date") > pl.lit(LAST_DAY).dt.offset_by("-1y"))
    assert rows["account_id"].n_unique() > 15
    assert late.height == 0 or late.group_by("account_id").len()["len"].max() <= 13


def test_daily_feeds_have_every_day_and_patchy_ones_miss_some():
    rows = balances().group_by("account_id").len()
    daily = rows.filter(pl.col("account_id").is_in(ids(feed=Feed.DAILY, life=Life.FULL)))["len"]
    patchy = rows.filter(pl.col("account_id").is_in(ids(feed=Feed.PATCHY, life=Life.FULL)))["len"]
    assert daily.unique().to_list() == [730]
    assert 670 < patchy.min() <= patchy.max() < 730


def test_most_accounts_have_days_without_a_row():
    rows = balances().filter(pl.col("account_id").is_in(ids(feed=Feed.MOVES, life=Life.FULL)))
    assert 0.2 < rows.height / rows["account_id"].n_unique() / 730 < 0.8


def test_a_row_of_a_feed_of_moves_is_a_move():
    closed = pl.col("account_id").is_in(ids(life=Life.CLOSED))  # these have a row on their last day, come what may
    rows = balances().filter(pl.col("account_id").is_in(ids(feed=Feed.MOVES)), ~closed)
    steps = rows.select(pl.col("balance").diff().over("account_id"))["balance"].drop_nulls()
    assert (steps != 0).all()


@pytest.mark.parametrize("days", [1, 2, 29, 366])
def test_samples_of_any_length_hold_every_account(days: int):
    frame = generate_block(SampleSpec(100, days, 3), 0, 100)
    assert frame["account_id"].n_unique() == 100
    assert frame["date"].n_unique() == days


@pytest.mark.parametrize(
    ("accounts", "days", "seed"), [(0, 730, 7), (10_000_001, 730, 7), (1, 0, 7), (1, 7_306, 7), (1, 1, -1)]
)
def test_a_sample_out_of_range_is_refused(accounts: int, days: int, seed: int):
    with pytest.raises(UsageError, match=r"--(accounts|days|seed) -?\d+: expected"):
        SampleSpec(accounts, days, seed)
