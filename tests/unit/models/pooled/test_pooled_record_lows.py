"""Quantiles below an account's lowest balance: the rule worked by hand, and what is learned of it."""

import numpy as np
import polars as pl
import pytest

from forecast_cli.data.panel import Panel
from forecast_cli.models.normal_scores import normal_scores
from forecast_cli.models.pooled.calibration import GRID
from forecast_cli.models.pooled.record_lows import UNLEARNED, RecordLows, draw_to_lowest, learn_record_lows, lowest_of

PROBABILITIES = np.array(GRID)


def panel_of(*rows: list[float]) -> Panel:
    longest = max(len(row) for row in rows)
    y = np.array([[np.nan] * (longest - len(row)) + row for row in rows])
    lengths = np.array([len(row) for row in rows])
    return Panel(
        pl.Series([str(number) for number in range(len(rows))]),
        y,
        lengths,
        np.full(len(rows), np.datetime64("2026-03-31", "D")),
    )


def test_a_rule_worked_by_hand() -> None:
    """With a margin of a quarter of a width of 4, a quantile 3 below the lowest balance of 10 is put at half of 2."""
    got = draw_to_lowest(np.array([2.0, 7.0, 9.0, 9.5, 10.0, 12.0]), np.array(10.0), np.array(4.0), 0.25, 0.5)
    np.testing.assert_array_equal(got, [6.5, 9.0, 10.0, 10.0, 10.0, 12.0])


def test_no_margin_and_the_whole_depth_change_nothing() -> None:
    quantiles = np.array([-3.0, 1.0, 2.0, 8.0])
    got = draw_to_lowest(quantiles, np.array(5.0), np.array(7.0), margin=0.0, depth=1.0)
    np.testing.assert_array_equal(got, quantiles)


def test_the_lowest_balance_and_whether_it_is_recent() -> None:
    quiet, recent = [5.0] + [9.0] * 200, [9.0] * 200 + [5.0]
    lowest, kind = lowest_of(panel_of(quiet, recent, [5.0] * 201, [7.0, 8.0]))
    assert lowest.tolist() == [5.0, 5.0, 5.0, 7.0]
    assert kind.tolist() == [0, 1, 0, 1], "an equally low balance before is no record; a short history has none before"


def windows(floor: float, count: int = 4_000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Quantiles of a standard normal around a level, lowest balances near it, and outcomes held above a floor."""
    rng = np.random.default_rng(3)
    level = rng.normal(0.0, 5.0, count)
    lowest = level - rng.uniform(0.2, 2.0, count)
    came = np.maximum(level + rng.normal(size=count), lowest - floor)
    return level[:, None] + normal_scores(PROBABILITIES), lowest, came


def test_where_quantiles_are_right_nothing_is_learned() -> None:
    quantiles, lowest, came = windows(floor=np.inf)
    rule = learn_record_lows(quantiles, PROBABILITIES, lowest, came)
    assert rule.margin <= 0.05
    assert rule.depth >= 0.9


def test_where_no_balance_ever_falls_below_the_lowest_the_rule_is_strictest() -> None:
    quantiles, lowest, came = windows(floor=0.0)
    assert learn_record_lows(quantiles, PROBABILITIES, lowest, came) == RecordLows(margin=0.4, depth=0.2)


def test_records_that_are_shallow_have_a_small_depth() -> None:
    """Every second record is half as deep as quantiles say: the median of the records must be drawn."""
    quantiles, lowest, came = windows(floor=np.inf)
    shallow = np.where(came < lowest, lowest - 0.5 * (lowest - came), came)
    rule = learn_record_lows(quantiles, PROBABILITIES, lowest, shallow)
    assert rule.margin <= 0.05, "as many records as the quantiles say"
    assert 0.4 <= rule.depth <= 0.6


def test_without_a_quantile_below_a_lowest_balance_nothing_is_learned() -> None:
    quantiles, lowest, came = windows(floor=np.inf)
    assert learn_record_lows(quantiles, PROBABILITIES, lowest - 100.0, came) == UNLEARNED
    assert learn_record_lows(quantiles[:0], PROBABILITIES, lowest[:0], came[:0]) == UNLEARNED


@pytest.mark.parametrize("factor", [0.25, 4.0])
def test_what_is_learned_does_not_depend_on_units(factor: float) -> None:
    quantiles, lowest, came = windows(floor=0.3)
    rule = learn_record_lows(quantiles, PROBABILITIES, lowest, came)
    scaled, low, outcome = (one * factor + 64.0 for one in (quantiles, lowest, came))
    assert learn_record_lows(scaled, PROBABILITIES, low, outcome) == rule
