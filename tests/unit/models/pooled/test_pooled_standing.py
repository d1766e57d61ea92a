"""The probability that a balance does not move, and its effect on the quantiles."""

import numpy as np
import pytest
from numpy.typing import NDArray
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.pooled.outlook import forecast_outlook, scale_of
from forecast_cli.models.pooled.standing import add_point_mass, moved_share
from forecast_cli.models.rows import squared_changes

LEVELS = (80.0, 95.0)


def moved(panel: Panel, h: int, explained: np.ndarray | None = None, paid: np.ndarray | None = None) -> np.ndarray:
    """Return the shares for ``h`` days, [n, h]; without payments, unless they are given."""
    nothing = np.zeros(panel.y.shape)
    return moved_share(
        panel, nothing if explained is None else explained, np.zeros((len(panel), h)) if paid is None else paid
    )


def fifteenths() -> np.ndarray:
    """Return whether each day up to 14 May 2026 is the 15th of a month."""
    days = np.arange(np.datetime64("2025-04-10"), np.datetime64("2026-05-15"))
    return (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(int) == 14


def test_flow_that_comes_on_the_fifteenth_is_seen_from_the_fourteenth() -> None:
    """It came the day after the 14th in all of 12 months, and on 3 of the last 90 days: (12 + 12 * 3/90 + 1) / 25.

    These begin on 14 February. Within 3 days, it came before 9 of them.
    """
    y = np.cumsum(fifteenths()) * 100.0
    share = moved(panel_of(y, end="2026-05-14"), 3)[0]
    assert share[[0, 2]].tolist() == pytest.approx([(12 + 12 * 3 / 90 + 1) / 25, (12 + 12 * 9 / 90 + 1) / 25])
    earlier = moved(panel_of(y[:-7], end="2026-05-07"), 3)
    assert earlier[0, 0] == pytest.approx((12 * 3 / 90 + 1) / 25)


def test_flow_that_is_explained_counts_by_the_payments_that_are_expected() -> None:
    y = np.cumsum(fifteenths()) * 100.0
    panel, explained = panel_of(y, end="2026-05-14"), np.diff(y, prepend=0.0)[None]
    paid = np.array([[0.9, 0.95, 0.95]])
    assert moved(panel, 3, explained, paid)[0].tolist() == pytest.approx((1 - (1 - paid[0]) * (1 - 1 / 25)).tolist())


def test_a_part_of_the_flow_that_is_not_explained_is_other_flow() -> None:
    y = np.cumsum(fifteenths()) * 100.0
    panel = panel_of(y, end="2026-05-14")
    some, rounding = (np.diff(y, prepend=0.0)[None] * share for share in (0.9, 1 - 2.0**-50))
    np.testing.assert_array_equal(moved(panel, 3, some), moved(panel, 3))
    np.testing.assert_allclose(moved(panel, 3, rounding), 1 / 25)


def test_a_balance_that_returns_to_what_it_was_has_moved() -> None:
    y = np.full(400, 5.0)
    y[[200, 390]] = 7.0
    assert moved(panel_of(y), 1)[0, 0] == pytest.approx((12 * 2 / 90 + 1) / 25)


def test_a_balance_that_returns_within_the_days_ahead_does_not_differ() -> None:
    """Wages of the 15th are paid out on the 16th; from the 14th, there was flow in all months, on day 2 it was back.

    Of the last 90 days, 6 have flow within a day before, and 9 within 2 days, of which 6 end on another balance.
    """
    y = np.where(fifteenths(), 900.0, 0.0)
    share = moved(panel_of(y, end="2026-05-14"), 2)[0]
    flow, back = (12 + 12 * 6 / 90 + 1) / 25, (6 / 90 + 1) / (12 + 9 / 90 + 1)
    assert share.tolist() == pytest.approx([flow, (12 + 12 * 9 / 90 + 1) / 25 * back])


def test_an_account_that_never_moved_may() -> None:
    for balance in (5.0, 0.0):
        share = moved(panel_of(np.full(800, balance)), 30)[0, [0, 29]]
        assert share.tolist() == pytest.approx([1 / 25, 1 / 25])


def test_the_first_day_of_a_history_counts_as_an_earlier_month() -> None:
    """It moved on its second day alone: from 16 May, no earlier month is known; from 15 May, one, and it moved."""
    y = np.array([5.0] + [7.0] * 31)
    younger, older = (moved(panel_of(some, end="2026-06-15"), 1)[0, 0] for some in (y[:31], y))
    assert younger == pytest.approx((12 / 30 + 1) / 13)
    assert older == pytest.approx((1 + 12 / 31 + 1) / 14)


def test_without_a_known_past_a_move_is_certain() -> None:
    assert moved(panel_of(np.ones(31)), 60)[0, -1] == 1.0
    assert moved(panel_of(np.ones(1)), 2)[0].tolist() == [1.0, 1.0]


def test_an_account_has_the_same_bits_alone_and_among_others() -> None:
    rng = np.random.default_rng(3)
    series = [np.cumsum(rng.normal(0, 1, n) * (rng.random(n) < 0.1)) for n in (31, 90, 400, 900)]
    together = moved(panel_of(*series, padding=3), 30)
    for row, one in enumerate(series):
        np.testing.assert_array_equal(moved(panel_of(one), 30)[0], together[row])


def test_each_account_has_the_months_before_its_own_origin() -> None:
    rng = np.random.default_rng(4)
    series = [np.cumsum(rng.random(400) < 0.1) * 1.0 for _ in range(3)]
    origins = ["2026-05-14", "2026-03-31", "2026-01-01"]
    together = panel_of(*series, end=origins)
    found = moved(together, 7)
    for row, (one, origin) in enumerate(zip(series, origins, strict=True)):
        np.testing.assert_array_equal(moved(panel_of(one, end=origin), 7)[0], found[row])


def with_point_mass(said: list[float], moved: float, levels: tuple[float, ...] = LEVELS) -> list[float]:
    """Return the quantiles of a day after a last balance of 10."""
    return add_point_mass(np.array([[said]]), np.array([[10.0]]), np.array([[moved]]), levels)[0, 0].tolist()


def test_the_chance_to_move_is_split_as_the_quantiles_say() -> None:
    """By the quantiles 3/4 lie below 10, on the line from 6 (50 %) to 12 (90 %): 0.5 + 0.4 * 4/6 = 0.767.

    A balance that moves with 0.2 lies below 10 with 0.153 and above it with 0.047: percentiles from the 15.3rd to the
    95.3rd are 10, the others stay as they are.
    """
    assert with_point_mass([1.0, 4.0, 6.0, 12.0, 14.0], 0.2) == [1.0, 4.0, 10.0, 10.0, 14.0]
    assert with_point_mass([1.0, 4.0, 6.0, 12.0, 14.0], 0.13) == [1.0, 10.0, 10.0, 10.0, 14.0]  # 0.0997 below
    assert with_point_mass([1.0, 4.0, 6.0, 12.0, 14.0], 0.1) == [1.0, 10.0, 10.0, 10.0, 10.0]  # 0.023 above


def test_the_median_is_the_last_balance_unless_a_move_one_way_is_likelier_than_none() -> None:
    """By the quantiles 0.5 + 0.4 * 4/6 = 0.767 lie below 10."""
    said = [1.0, 4.0, 6.0, 12.0, 14.0]
    assert [with_point_mass(said, moved)[2] for moved in (0.64, 0.66)] == [10.0, 6.0]


def test_quantiles_that_all_lie_on_one_side_leave_the_other_side_empty() -> None:
    assert with_point_mass([1.0, 2.0, 3.0, 4.0, 5.0], 0.3) == [1.0, 2.0, 10.0, 10.0, 10.0]
    assert with_point_mass([11.0, 12.0, 13.0, 14.0, 15.0], 0.3) == [10.0, 10.0, 10.0, 14.0, 15.0]


def test_a_quantile_of_just_the_probability_of_a_move_is_the_last_balance() -> None:
    """It moves with 0.2, either way alike: at most 10 % lie below the last balance, and at most 10 % above it."""
    assert with_point_mass([4.0, 6.0, 10.0, 14.0, 16.0], 0.2) == [4.0, 10.0, 10.0, 10.0, 16.0]


def test_quantiles_of_a_balance_that_surely_moves_are_left_alone() -> None:
    said = [4.0, 6.0, 7.0, 12.0, 13.0]
    assert with_point_mass(said, 1.0) == said


def test_quantiles_stay_in_order_and_nested() -> None:
    rng = np.random.default_rng(5)
    said = np.sort(rng.normal(0, 1, (50, 9, 5)), axis=2)
    last, moved = rng.normal(0, 1, (50, 1)), rng.random((50, 9))
    held = add_point_mass(said, last, moved, LEVELS)
    assert (np.diff(held, axis=2) >= 0).all()
    np.testing.assert_array_equal(add_point_mass(said[:, :, 1:4], last, moved, LEVELS[:1]), held[:, :, 1:4])


def test_the_scale_is_the_mean_move_over_thirty_days_or_else_what_single_moves_make_of_it() -> None:
    walk = np.cumsum(np.random.default_rng(8).normal(size=95))
    round_trips = np.tile([3.0, 5.0, 5.0], 30)
    moves = [abs(late - early) for early, late in zip(walk, walk[30:], strict=False)]
    scale = scale_of(panel_of(walk, round_trips, np.ones(40), np.ones(1)))
    assert scale.tolist() == pytest.approx([sum(moves) / 65, 2 * 59 / 89 * 30**0.5, 0.0, 0.0])


def test_the_scale_of_a_short_history_is_at_least_its_mean_move_over_one_to_thirty_days() -> None:
    days = np.arange(90)
    tide = 8.0 * np.sin(2 * np.pi * days / 30) + 0.01 * days

    def mean_move(y: NDArray[np.float64]) -> float:
        return float(np.concatenate([np.abs(y[lag:] - y[:-lag]) for lag in range(1, 31)]).mean())

    falls = -np.arange(40.0)
    scale = scale_of(panel_of(tide[:40], tide[:60], tide[:75], tide, falls))
    wanted = [mean_move(tide[:40]), mean_move(tide[:60]), 0.5 * mean_move(tide[:75]), 0.3, 30.0]
    assert scale.tolist() == pytest.approx(wanted)
    assert min(wanted[:3]) > 2.0, "the moves over 30 days are no more than 0.3"


def test_the_path_of_a_new_account_is_its_last_balance_and_how_far_it_errs_is_known_only_later() -> None:
    walk = np.cumsum(np.random.default_rng(8).normal(size=63))
    found = forecast_outlook(panel_of(walk[:59], walk[:62], walk), 3)
    assert found.path[0].tolist() == [walk[58]] * 3
    assert np.isnan(found.sd).tolist() == [[True] * 3, [True] * 3, [False] * 3], "60 days and the horizon are needed"


def test_squares_of_changes_are_summed_over_the_days_that_have_one() -> None:
    walk = np.cumsum(np.random.default_rng(9).normal(size=20))
    panel = panel_of(walk, walk[:4], walk[:2])
    wanted = [sum((one[day] - one[day - 3] - 0.5) ** 2 for day in range(3, len(one))) for one in (walk, walk[:4], [])]
    assert squared_changes(panel, 3, drift=np.full(3, 0.5)).tolist() == pytest.approx(wanted)
    assert squared_changes(panel, 30).tolist() == [0.0, 0.0, 0.0]
