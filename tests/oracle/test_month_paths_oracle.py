"""MonthPaths against a slow loop over days, months and phases, and on a case worked by hand."""

import math
from calendar import monthrange
from datetime import date, timedelta

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.month_paths import MonthPaths, min_obs
from forecast_cli.models.months import match_days

LEVELS = (80.0, 95.0)
ORIGINS = ("2024-02-29", "2025-03-31", "2025-03-01", "2026-01-15", "2026-02-28", "2026-05-30")


def day_before(day: date, months: int) -> date:
    """The same day, ``months`` months earlier."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    length, own = monthrange(year, month + 1)[1], monthrange(day.year, day.month)[1]
    number = day.day if day.day <= 27 else max(27, length - (own - day.day))
    return date(year, month + 1, number)


def forecast_slowly(y: dict[date, float], origin: date, h: int) -> list[tuple[float, float, float, float]]:
    """Mean, standard deviation, and the ends of the 80 % interval of each day."""
    first = min(y)
    level_days = sorted(y)[-180:]
    level, last = sum(y[day] for day in level_days) / len(level_days), y[origin]
    course, said = 0.0, []
    for s in range(1, h + 1):
        paths = []
        for month in range(1, 25):
            for shift, share in ((-1, 0.5), (0, 1.0), (1, 0.5)):
                start, before, end = (
                    day_before(origin + timedelta(days), month) + timedelta(shift) for days in (0, s - 1, s)
                )
                if start >= first and end <= origin:
                    weight = share * 0.5 ** ((month - 1) / 4)
                    paths.append((month, weight, y[end] - y[start], y[end] - y[before]))
        total = sum(weight for _, weight, _, _ in paths)
        course += sum(weight * step for _, weight, _, step in paths) / total
        mean_path = sum(weight * path for _, weight, path, _ in paths) / total
        variance = sum(weight * (path - mean_path) ** 2 for _, weight, path, _ in paths) / total
        by_month = [sum(weight for month, weight, _, _ in paths if month == k) for k in range(1, 25)]
        sd = math.sqrt(variance * (1 + sum(weight**2 for weight in by_month) / total**2))
        mean = last + 0.6 * course + (level - last) * (1 - 0.55 ** (s / 30))
        said.append((mean, sd, mean - 1.2815515655446004 * sd, mean + 1.2815515655446004 * sd))
    return said


def random_accounts() -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    lengths = [95, 120, 300, 760, 1000, 500]
    return [np.round(np.cumsum(rng.normal(0, 100, n) * (rng.random(n) < 0.3)) + 1000, 2) for n in lengths]


@pytest.mark.parametrize("h", [1, 7, 30])
def test_every_number_is_that_of_the_slow_loop(h: int) -> None:
    series = random_accounts()
    said = MonthPaths().fit(panel_of(*series, padding=5, end=ORIGINS)).forecast(h, LEVELS)
    assert said.failures == ()
    for row, (one, text) in enumerate(zip(series, ORIGINS, strict=True)):
        origin = date.fromisoformat(text)
        y = {origin - timedelta(len(one) - 1 - place): float(value) for place, value in enumerate(one)}
        want = np.array(forecast_slowly(y, origin, h))
        np.testing.assert_allclose(said.mean[row], want[:, 0], rtol=1e-9)
        np.testing.assert_allclose(said.quantiles[row, :, [1, 3]].T, want[:, 2:], rtol=1e-7)


def test_beyond_the_first_month_only_paths_that_are_over_count() -> None:
    series = random_accounts()[2:4]
    said = MonthPaths().fit(panel_of(*series, padding=5, end=ORIGINS[2:4])).forecast(90, LEVELS)
    for row in range(2):
        origin = date.fromisoformat(ORIGINS[2 + row])
        y = {origin - timedelta(len(series[row]) - 1 - place): float(v) for place, v in enumerate(series[row])}
        np.testing.assert_allclose(said.mean[row], [one[0] for one in forecast_slowly(y, origin, 90)], rtol=1e-9)


def test_a_salary_and_a_rent_come_on_their_days() -> None:
    """+1,000 on the 1st, -1,000 on the 10th, from a balance of 500: what the last day of a year makes of them.

    Half the weight is on the phase itself, a quarter on each a day off: the later one begins after the salary.
    """
    days = [date(2025, 1, 2) + timedelta(place) for place in range(364)]
    y = np.array([1500.0 if day.day < 10 else 500.0 for day in days])
    said = MonthPaths().fit(panel_of(y, end="2025-12-31")).forecast(10, LEVELS)
    level = 500 + 1000 * 50 / 180
    pull = [1 - 0.55 ** (s / 30) for s in range(1, 11)]
    assert said.mean[0, 4] == pytest.approx(500 + 0.6 * 750 + (level - 500) * pull[4])
    assert said.mean[0, 8] == pytest.approx(500 + 0.6 * (750 - 250) + (level - 500) * pull[8])
    assert said.mean[0, 9] == pytest.approx(500 + (level - 500) * pull[9])


def test_an_account_has_the_same_bits_alone_and_among_others() -> None:
    series, origins = random_accounts(), list(ORIGINS)
    together = MonthPaths().fit(panel_of(*series, padding=5, end=origins)).forecast(30, LEVELS)
    for row, one in enumerate(series):
        alone = MonthPaths().fit(panel_of(one, end=origins[row])).forecast(30, LEVELS)
        np.testing.assert_array_equal(alone.mean[0], together.mean[row])
        np.testing.assert_array_equal(alone.quantiles[0], together.quantiles[row])


@pytest.mark.parametrize("h", [1, 30, 90, 366])
@pytest.mark.parametrize("origin", ORIGINS)
def test_the_least_history_is_enough_from_any_day_of_the_year(h: int, origin: str) -> None:
    rng = np.random.default_rng(1)
    enough, short = rng.normal(0, 1, min_obs(h)), rng.normal(0, 1, min_obs(h) - 1)
    said = MonthPaths().fit(panel_of(enough, short, padding=5, end=origin)).forecast(h, LEVELS)
    assert np.isfinite(said.quantiles[0]).all()
    assert (said.quantiles[0, :, 0] < said.quantiles[0, :, -1]).all()
    assert [failure.row for failure in said.failures] == [1]


@pytest.mark.parametrize("months", [1, 2, 12, 13])
def test_the_same_day_is_found_in_every_month_and_never_goes_back(months: int) -> None:
    origins = np.arange(np.datetime64("2023-12-25"), np.datetime64("2025-03-05"))
    found = match_days(origins, months, 40)
    assert (np.diff(found, axis=1) >= 0).all()
    for row, origin in enumerate(origins.tolist()):
        want = [(day_before(origin + timedelta(s), months) - origin).days for s in range(41)]
        assert found[row].tolist() == want
