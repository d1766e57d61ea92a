"""The bootstrap over accounts: its draws, its width, and what must not change it."""

import math

import numpy as np
import polars as pl
import pytest

from forecast_cli.evaluation.bootstrap import (
    MAX_GROUPS,
    account_codes,
    assign_groups,
    bootstrap_means,
    bootstrap_ratios,
    draw_part_totals,
    estimates,
    resample_totals,
)


def uneven_windows(seed: int, n_accounts: int) -> tuple[np.ndarray, np.ndarray]:
    """Values of one to three windows an account, in no order."""
    rng = np.random.default_rng(seed)
    accounts = rng.permutation(np.repeat(np.arange(n_accounts), rng.integers(1, 4, n_accounts)))
    return rng.gamma(2.0, 1.0, len(accounts)), accounts


def test_draws_are_whole_accounts_with_all_their_windows() -> None:
    values, accounts = uneven_windows(3, 7)
    rng, means = np.random.default_rng(11), []
    for _ in range(200):
        drawn = rng.integers(0, 7, size=7, dtype=np.int32).tolist()
        taken = [value for account in drawn for value in values[accounts == account]]
        means.append(sum(taken) / len(taken))
    got = bootstrap_means(values, accounts, samples=200, seed=11)
    assert got.value == pytest.approx(values.mean(), rel=1e-12)
    assert (got.low, got.high) == pytest.approx(tuple(np.quantile(means, (0.025, 0.975))), rel=1e-12)


def test_width_is_that_of_the_normal_approximation_for_many_accounts() -> None:
    values = np.random.default_rng(5).normal(10, 2, 4_000)
    got = bootstrap_means(values, np.arange(4_000), samples=2_000)
    assert got.high - got.low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(4_000), rel=0.06)


def test_windows_that_repeat_their_account_add_no_certainty() -> None:
    values = np.random.default_rng(6).normal(0, 1, 300)
    once = bootstrap_means(values, np.arange(300), seed=1)
    thrice = bootstrap_means(np.tile(values, 3), np.tile(np.arange(300), 3), seed=1)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high), rel=1e-9)


@pytest.mark.parametrize("n_accounts", [20, 42])
def test_the_interval_of_equal_accounts_contains_their_value(n_accounts: int) -> None:
    """By rounding alone, the draws of 20 such accounts lie above their mean, and those of 42 below it."""
    got = bootstrap_means(np.full(3 * n_accounts, 0.1), np.arange(n_accounts).repeat(3))
    assert got.low <= got.value <= got.high
    assert got.high - got.low < 1e-15


def test_interval_holds_the_true_mean_about_95_times_of_100() -> None:
    held = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        values = rng.normal(0, 1, 80).repeat(2) + rng.normal(1, 0.5, 160)
        got = bootstrap_means(values, np.arange(80).repeat(2), samples=400, seed=seed)
        held += got.low <= 1 <= got.high
    assert 0.90 <= held / 300 <= 0.98


def test_differences_and_ratios_are_paired() -> None:
    base, accounts = uneven_windows(8, 50)
    shifted = bootstrap_means((base + 0.25) - base, accounts)
    assert (shifted.low, shifted.high) == pytest.approx((0.25, 0.25))
    scaled = bootstrap_ratios(base * 0.8, base, accounts)
    assert (scaled.low, scaled.high) == pytest.approx((0.8, 0.8))


def test_same_seed_same_interval_whatever_the_accounts_are_called() -> None:
    values, accounts = uneven_windows(2, 40)
    got = bootstrap_means(values, accounts, seed=4)
    assert bootstrap_means(values, accounts * 1_000 - 7, seed=4) == got
    assert bootstrap_means(values, accounts, seed=5) != got


def test_chunks_of_samples_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    values, accounts = uneven_windows(2, 40)
    whole = resample_totals(values[:, None], accounts, samples=25).draws
    monkeypatch.setattr("forecast_cli.evaluation.bootstrap._CHUNK_CELLS", 130)
    np.testing.assert_array_equal(resample_totals(values[:, None], accounts, samples=25).draws, whole)


def test_too_many_accounts_are_drawn_in_groups_at_the_same_width() -> None:
    n = MAX_GROUPS + 5_000
    values = np.sort(np.random.default_rng(5).normal(10, 2, n))
    got = bootstrap_means(values, np.arange(n), samples=600)
    assert got.value == pytest.approx(values.mean(), rel=1e-12)
    assert got.high - got.low == pytest.approx(2 * 1.96 * values.std() / math.sqrt(n), rel=0.12)


def test_groups_of_too_many_accounts_are_equally_large() -> None:
    groups = assign_groups(np.arange(2 * MAX_GROUPS + 7).repeat(2), seed=3).reshape(-1, 2)
    assert (groups[:, 0] == groups[:, 1]).all(), "all windows of an account are in one group"
    assert sorted(set(np.bincount(groups[:, 0], minlength=MAX_GROUPS).tolist())) == [2, 3]


def test_one_account_has_no_interval_and_no_window_no_mean() -> None:
    one = bootstrap_means(np.array([0.1, 0.2, 0.7]), np.zeros(3, dtype=np.int64))
    assert one.value == pytest.approx(1 / 3)
    assert (one.ends, one.bounds) == (None, (one.value, one.value))
    assert math.isnan(one.low)
    assert math.isnan(one.high)
    none = bootstrap_means(np.empty(0), np.empty(0, dtype=np.int64))
    assert math.isnan(none.value)
    assert math.isnan(none.low)


def test_a_part_of_one_group_has_no_draws_beside_one_of_several() -> None:
    sums = np.array([[[2.0, 1.0], [4.0, 1.0]], [[3.0, 1.0], [0.0, 0.0]]])
    totals, draws = draw_part_totals(sums, seed=0)
    assert totals.tolist() == [[6.0, 2.0], [3.0, 1.0]]
    assert np.isfinite(draws[0]).all()
    assert np.isnan(draws[1]).all()
    several, alone = estimates(totals[:, 0] / totals[:, 1], draws[:, 0] / draws[:, 1])
    assert several.ends == (2.0, 4.0)
    assert (alone.value, alone.ends) == (3.0, None)


def test_draws_without_a_figure_are_left_out_of_an_interval() -> None:
    hundredths = np.linspace(0.0, 1.0, 101)
    draws = np.stack([np.append(hundredths, np.nan), np.append(hundredths, 0.5), np.full(102, np.inf)])
    some, _, none = estimates(np.full(3, 0.5), draws)
    assert (some.value, some.low, some.high) == pytest.approx((0.5, 0.025, 0.975))
    assert np.isnan([none.low, none.high]).all()


def test_a_reference_of_zero_has_no_ratio() -> None:
    assert math.isnan(bootstrap_ratios(np.zeros(3), np.zeros(3), np.arange(3)).value)
    assert math.isnan(bootstrap_ratios(np.ones(3), np.zeros(3), np.arange(3)).value)


def test_account_codes_follow_the_keys_in_ascending_order() -> None:
    frame = pl.DataFrame({"unique_id": ["b", "a", "b", "b"], "currency": ["EUR", "USD", "CHF", "EUR"]})
    assert account_codes(frame, ["unique_id"]).tolist() == [1, 0, 1, 1]
    assert account_codes(frame, ["unique_id", "currency"]).tolist() == [2, 0, 1, 2]
