"""Shards: each account is in exactly one, and they depend on input and settings alone."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_cli.config.settings import Settings
from forecast_cli.engine.shards import (
    ENOUGH_SHARDS,
    LARGEST,
    SMALLEST,
    Shard,
    choose_models,
    cut_shards,
    joining_seconds,
    shard_size,
)
from forecast_cli.models.registry import parse_model


def _within(shard: Shard) -> pl.Expr:
    return pl.col("unique_id").is_between(pl.lit(shard.first_id), pl.lit(shard.last_id))


@given(ids=st.lists(st.text(max_size=5), min_size=1), size=st.integers(1, 7))
def test_every_id_falls_in_exactly_one_shard(ids: list[str], size: int) -> None:
    series = pl.Series("unique_id", ids)
    shards = cut_shards(series, size)
    homes = [[shard.index for shard in shards if shard.first_id <= one <= shard.last_id] for one in sorted(set(ids))]
    frame = series.to_frame()
    counted = [frame.filter(_within(shard)).height for shard in shards]
    assert all(len(home) == 1 for home in homes)
    assert counted == [shard.accounts for shard in shards]
    assert all(frame.filter(_within(shard))["unique_id"].n_unique() <= size for shard in shards)


def test_integer_ids_are_cut_as_numbers() -> None:
    first, second = cut_shards(pl.Series([10, 9, 100, 2]), 2)
    assert (first.first_id, first.last_id, second.first_id, second.last_id) == (2, 9, 10, 100)


def test_shard_size_follows_the_cost_of_the_models() -> None:
    cheap, costly = (parse_model(name, (30,)) for name in ("Naive", "AutoARIMA"))
    assert shard_size(Settings(), [cheap], 100) == LARGEST
    assert SMALLEST <= shard_size(Settings(), [costly], 1_000) < 100
    assert shard_size(Settings(shard_size=7), [costly], 100) == 7


def test_shards_of_a_backtest_are_smaller_by_its_windows() -> None:
    cheap, costly = (parse_model(name, (30,)) for name in ("Naive", "AutoARIMA"))
    assert shard_size(Settings(), [cheap], 100, times=3) == LARGEST // 3
    assert shard_size(Settings(), [costly], 128, times=100) == SMALLEST
    assert shard_size(Settings(), [cheap], 128, times=10_000) == SMALLEST


def test_work_that_takes_seconds_is_cut_finely_enough_to_keep_cores_busy_to_the_end() -> None:
    dear, cheap = choose_models(Settings(model=("AutoETS",))), choose_models(Settings())
    assert shard_size(Settings(), dear, 400) == pytest.approx(400 / 12, abs=1)  # of 500 ms or less, an even number
    assert shard_size(Settings(), dear, 4_000) == 250
    assert shard_size(Settings(), [parse_model("AutoETS(7)", (30,))], 400) == 400 / ENOUGH_SHARDS
    assert shard_size(Settings(), cheap, 250) > 250


@pytest.mark.parametrize("n_accounts", [1_001, 3_000, 5_001, 20_000, 99_999, 250_000])
def test_two_workers_get_as_many_accounts_each(n_accounts: int) -> None:
    size = shard_size(Settings(), [parse_model("auto", (30,))], n_accounts)
    sizes = [min(size, n_accounts - start) for start in range(0, n_accounts, size)]
    assert len(sizes) == 1 or len(sizes) % 2 == 0
    assert min(sizes) > 0.99 * max(sizes)


@pytest.mark.parametrize("jobs", [1, 2, 8])
def test_shard_size_does_not_depend_on_the_workers(jobs: int) -> None:
    models = [parse_model("Naive", (30,))]
    assert shard_size(Settings(jobs=jobs), models, 10_000) == shard_size(Settings(), models, 10_000)


def test_candidates_may_cost_what_they_cost_and_no_more_than_the_limit() -> None:
    settings = Settings(candidates=("MSTL", "MonthPaths"), time_limit="1m")
    assert joining_seconds(settings, 1_000) == pytest.approx(25.0)
    assert joining_seconds(settings, 1_000_000) == 60.0
    assert joining_seconds(Settings(), 1_000_000) == 0.0
    assert shard_size(settings, choose_models(settings), 10_000) < 500


def test_shards_without_a_model_to_run_are_large_and_not_too_many() -> None:
    assert shard_size(Settings(), [], 100) == 5_000
    assert shard_size(Settings(), [], 10_000_000) == 10_000
