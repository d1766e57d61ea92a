"""Lows and their calibration against slow loops, path by path and window by window."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from windowed import low_balance_of

from forecast_cli.evaluation.alarms import calibrate_low_balance
from forecast_cli.risk.lows import Lows, find_lows, windows_within


@dataclass(frozen=True)
class Case:
    paths: np.ndarray
    thresholds: np.ndarray


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Up to three accounts and thresholds; paths that rest and jump in whole steps, so that many are level."""
    n, s, h, k = draw(st.integers(1, 3)), draw(st.integers(1, 12)), draw(st.integers(1, 40)), draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    moves = rng.integers(-3, 4, size=(n, s, h)) * (rng.random((n, s, h)) < 0.3)
    return Case(
        moves.cumsum(axis=2) + rng.integers(-2, 6, size=(n, 1, 1)) * 1.0, rng.integers(-4, 5, size=(n, k)) * 1.0
    )


def quantile(values: list[float], share: float) -> float:
    """Hazen's: value i of s, ascending, stands for the probability (i + 0.5) / s."""
    ordered, place = sorted(values), min(max(share * len(values) - 0.5, 0), len(values) - 1)
    left = math.floor(place)
    right = min(left + 1, len(values) - 1)
    return ordered[left] + (ordered[right] - ordered[left]) * (place - left)


def first_under(path: np.ndarray, threshold: float, days: int) -> int | None:
    for day in range(days):
        if path[day] < threshold:
            return day + 1
    return None


def crossed_by(paths: np.ndarray, threshold: float, days: int) -> int:
    return sum(first_under(path, threshold, days) is not None for path in paths)


def date_of(paths: np.ndarray, threshold: float, days: int, percent: int) -> tuple[float, float]:
    """The first day by which so many percent of paths have crossed, and how many have by then."""
    for day in range(1, days + 1):
        share = Fraction(crossed_by(paths, threshold, day), len(paths))
        if share >= Fraction(percent, 100):
            return float(day), float(share)
    return math.nan, math.nan


@given(case=cases())
def test_lows_are_what_the_paths_say(case: Case) -> None:
    windows = windows_within(case.paths.shape[2])
    found = find_lows(case.paths, case.thresholds, windows)
    for row, paths in enumerate(case.paths):
        for place, days in enumerate(windows):
            lows = [float(min(path[:days])) for path in paths]
            assert found.expected_low[row, place] == pytest.approx(sum(lows) / len(lows))
            assert found.low_q05[row, place] == pytest.approx(quantile(lows, 0.05))
            assert found.low_q50[row, place] == pytest.approx(quantile(lows, 0.5))
            for number, threshold in enumerate(case.thresholds[row]):
                under = [sum(path[:days] < threshold) for path in paths]
                assert found.days_below[row, number, place] == pytest.approx(sum(under) / len(under))
                crossed = crossed_by(paths, threshold, days)
                assert found.prob_below[row, number, place] == pytest.approx(crossed / len(paths))
                wanted = [date_of(paths, threshold, days, percent) for percent in (10, 50, 90)]
                told = zip(found.first_below[row, number, place], found.reached[row, number, place], strict=True)
                np.testing.assert_allclose(list(told), wanted)


@given(case=cases(), seed=st.integers(0, 99))
def test_neither_the_order_of_paths_nor_neighbours_change_a_bit(case: Case, seed: int) -> None:
    windows = windows_within(case.paths.shape[2])
    found = find_lows(case.paths, case.thresholds, windows)
    shuffled = np.random.default_rng(seed).permutation(case.paths, axis=1)
    alone = find_lows(shuffled[-1:], case.thresholds[-1:], windows)
    for name in Lows.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(found, name)[-1:], getattr(alone, name))


@given(case=cases())
def test_probability_rises_with_the_window_and_with_the_threshold(case: Case) -> None:
    ordered = np.sort(case.thresholds, axis=1)
    found = find_lows(case.paths, ordered, windows_within(case.paths.shape[2]))
    assert (np.diff(found.prob_below, axis=1) >= 0).all()
    assert (np.diff(found.prob_below, axis=2) >= 0).all()
    assert (found.low_q05 <= found.low_q50).all()
    assert ((found.prob_below >= 0) & (found.prob_below <= 1)).all()


@st.composite
def frames(draw: st.DrawFn) -> pl.DataFrame:
    """Rows of low balances of one model and threshold, with few different probabilities and some not known."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, 60))
    event = [None if rng.random() < 0.1 else bool(rng.random() < 0.4) for _ in range(n)]
    columns: dict[str, Any] = {
        "unique_id": [f"A{row // 2:02d}" for row in range(n)],
        "cutoff": [date(2026, 1, 1) + timedelta(row) for row in range(n)],
        "model": ["M"] * n,
        "threshold": ["p10"] * n,
        "days": [30] * n,
        "probability": rng.integers(0, 6, n) / 5,
        "base_rate": 0.5,
        "already": rng.random(n) < 0.2,
        "event": event,
        "day": [int(rng.integers(1, 31)) if came else None for came in event],
    }
    for name in ("q10", "q50", "q90"):
        there = rng.random(n) < 0.6
        columns[f"day_{name}"] = [int(rng.integers(1, 31)) if one else None for one in there]
        columns[f"reached_{name}"] = [float(rng.random()) if one else None for one in there]
    return pl.DataFrame(columns, schema_overrides={"event": pl.Boolean, "day": pl.Int32})


@given(frame=frames())
@settings(max_examples=30)
def test_budgets_and_dates_are_counted_window_by_window(frame: pl.DataFrame) -> None:
    rows = [row for row in frame.iter_rows(named=True) if row["event"] is not None]
    open_rows = [row for row in rows if not row["already"]]
    told = calibrate_low_balance(low_balance_of(frame))
    if not open_rows:
        assert told == ()
        return
    [found] = told
    n, events = len(open_rows), sum(row["event"] for row in open_rows)
    assert (found.windows, found.already) == (n, len(rows) - n)
    assert found.observed.value == pytest.approx(events / n)
    assert found.predicted.value == pytest.approx(sum(row["probability"] for row in open_rows) / n)
    for budget in found.budgets:
        room = math.ceil(n * Fraction(str(budget.share)))
        least = sorted((row["probability"] for row in open_rows), reverse=True)[room - 1]
        above = [row for row in open_rows if row["probability"] > least]
        level = [row for row in open_rows if row["probability"] == least]
        part = (room - len(above)) / len(level)
        caught = sum(row["event"] for row in above) + part * sum(row["event"] for row in level)
        assert (budget.windows, budget.probability) == (room, least)
        assert budget.precision.value == pytest.approx(caught / room)
        assert budget.recall.value == pytest.approx(caught / events if events else math.nan, nan_ok=True)
        lift = caught / room / (events / n) if events else math.nan
        assert budget.lift.value == pytest.approx(lift, nan_ok=True)
        days = [row["day"] for row in (*above, *level) if row["event"]]
        quartiles = [np.quantile(days, share) if days else math.nan for share in (0.25, 0.5, 0.75)]
        np.testing.assert_allclose(budget.lead, quartiles)
    for one, name in zip(found.dates, ("q10", "q50", "q90"), strict=True):
        dated = [row for row in open_rows if row[f"day_{name}"] is not None]
        came = sum(row["event"] and row["day"] <= row[f"day_{name}"] for row in dated)
        assert one.windows == len(dated)
        assert one.observed.value == pytest.approx(came / len(dated) if dated else math.nan, nan_ok=True)
        reached = sum(row[f"reached_{name}"] for row in dated) / len(dated) if dated else math.nan
        assert one.predicted.value == pytest.approx(reached, nan_ok=True)
