"""Features of accounts, against slow loops."""

import math
from itertools import pairwise

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.pooled.features import NAMES, compute_features, hide_season
from forecast_cli.models.pooled.outlook import Outlook
from forecast_cli.models.recurring.records import STREAM
from forecast_cli.models.recurring.streams import build_streams

KNOTS = np.array([1, 3])


def described(*series: np.ndarray, scale: float = 2.0) -> list[dict[str, float]]:
    """Return the features of accounts of that scale, by name, those of their paths left out."""
    n, panel = len(series), panel_of(*series, end="2026-05-14")
    none = build_streams(np.zeros(0, dtype=STREAM), np.zeros((0, 0)), "US")
    outlook = Outlook(
        np.zeros((n, 3)), np.ones((n, 3)), np.zeros((n, 3)), np.full(n, scale), none, np.zeros(n, dtype=np.bool_)
    )
    return [dict(zip(NAMES, row, strict=False)) for row in compute_features(panel, outlook, KNOTS).tolist()]


def slowly(series: np.ndarray, scale: float = 2.0) -> dict[str, float]:
    above = [(value - series[-1]) / scale for value in series]
    flow = [after - before for before, after in pairwise(above)][-90:]
    known = max(len(flow), 1)
    found = {"length": len(series), "day_of_month": 14.0, "day_of_week": 3.0}
    angle = 2 * math.pi * (31 + 28 + 31 + 30 + 13) / 365.25
    found |= {"cosine_of_year": math.cos(angle), "sine_of_year": math.sin(angle)}
    found |= {f"mean_{days}": sum(above[-days:]) / len(above[-days:]) for days in (30, 90, 180, 365)}
    found |= {f"lowest_{days}": min(above[-days:]) for days in (30, 90)}
    found |= {f"highest_{days}": max(above[-days:]) for days in (30, 90)}
    found |= {f"change_{days}": -above[-1 - days] if len(above) > days else 0.0 for days in (7, 14, 30, 60)}
    return found | {
        "volatility": (sum(one * one for one in flow) / known) ** 0.5,
        "activity": sum(one != 0 for one in flow) / known,
        "inflow": sum(one for one in flow if one > 0) / known,
        "outflow": sum(one for one in flow if one < 0) / known,
        "days_still": next((days for days, one in enumerate(reversed(flow)) if one), 90),
    }


def rests_and_jumps(seed: int, days: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.round(np.cumsum(rng.normal(0, 5, days) * (rng.random(days) < 0.3)), 2)


@pytest.mark.parametrize("days", [1, 2, 31, 61, 90, 91, 92, 364, 365, 366, 500])
def test_features_are_what_they_are_called(days: int) -> None:
    series = rests_and_jumps(days, days)
    [found] = described(series)
    assert found == {name: pytest.approx(value, rel=1e-6, abs=1e-6) for name, value in slowly(series).items()}


def test_all_features_but_the_length_are_bounded() -> None:
    [found] = described(np.append(np.zeros(119), 1_000.0), scale=1.0)
    assert {name: found[name] for name in ("length", "change_7", "mean_30", "highest_30")} == {
        "length": 120.0,
        "change_7": 98.0,
        "mean_30": -98.0,
        "highest_30": 0.0,
    }


def test_the_time_of_the_year_can_be_hidden() -> None:
    x = np.random.default_rng(0).random((3, len(NAMES) + 4)).astype(np.float32)
    hidden, place = hide_season(x), NAMES.index("cosine_of_year")
    assert NAMES[place + 1] == "sine_of_year"
    assert not hidden[:, place : place + 2].any()
    np.testing.assert_array_equal(np.delete(hidden, [place, place + 1], 1), np.delete(x, [place, place + 1], 1))


def test_an_account_has_the_same_bits_alone_and_among_others() -> None:
    series = [rests_and_jumps(days, days) for days in (31, 120, 700)]
    assert described(*series) == [described(one)[0] for one in series]
