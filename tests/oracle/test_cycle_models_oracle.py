"""WeekPaths, FastMSTL and RareMoves against slow loops, and on cases worked by hand."""

import math

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models import fast_mstl, week_paths
from forecast_cli.models.base import Model
from forecast_cli.models.fast_mstl import FastMSTL
from forecast_cli.models.rare_moves import RareMoves
from forecast_cli.models.week_paths import WeekPaths

LEVELS = (80.0, 95.0)
Z_80 = 1.2815515655446004


def random_accounts() -> list[np.ndarray]:
    rng = np.random.default_rng(7)
    return [np.round(np.cumsum(rng.normal(0, 100, n) * (rng.random(n) < 0.3)) - 200, 2) for n in (90, 200, 366, 900)]


def week_paths_slowly(y: np.ndarray, cycle: int, h: int) -> list[tuple[float, float]]:
    """Mean and upper end of the 80 % interval of each day."""
    n, level = len(y) - 1, float(y[-180:].mean())
    course, said = 0.0, []
    for s in range(1, h + 1):
        paths = []
        for k in range(1, 365 // cycle + 1):
            for shift, share in ((-1, 0.5), (0, 1.0), (1, 0.5)):
                start = n - cycle * k + shift
                if start >= 0 and start + s <= n and cycle * k < 365:
                    weight = share * 0.5 ** (cycle * (k - 1) / 120)
                    paths.append((k, weight, y[start + s] - y[start], y[start + s] - y[start + s - 1]))
        total = sum(weight for _, weight, _, _ in paths)
        course += sum(weight * step for _, weight, _, step in paths) / total
        mean_path = sum(weight * path for _, weight, path, _ in paths) / total
        variance = sum(weight * (path - mean_path) ** 2 for _, weight, path, _ in paths) / total
        alike = sum(sum(w for number, w, _, _ in paths if number == k) ** 2 for k in {one[0] for one in paths})
        mean = y[-1] + 0.6 * course + (level - y[-1]) * (1 - 0.55 ** (s / 30))
        said.append((mean, mean + Z_80 * math.sqrt(variance * (1 + alike / total**2))))
    return said


@pytest.mark.parametrize("cycle", [7, 14])
@pytest.mark.parametrize("h", [1, 7, 30])
def test_paths_of_weeks_are_those_of_the_slow_loop(cycle: int, h: int) -> None:
    series = random_accounts()
    said = WeekPaths(cycle).fit(panel_of(*series, padding=5)).forecast(h, LEVELS)
    assert said.failures == ()
    for row, one in enumerate(series):
        want = np.array(week_paths_slowly(one, cycle, h))
        np.testing.assert_allclose(said.mean[row], want[:, 0], rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(said.quantiles[row, :, 3], want[:, 1], rtol=1e-7, atol=1e-6)


def test_pay_of_a_fortnight_is_seen_by_paths_of_a_fortnight() -> None:
    """+140 every 14 days and -10 every day: 13 days after the last pay, three quarters of the paths know the next one.

    Half the weight is on the phase itself; of the phases a day off, a quarter each, the later one begins after the pay.
    """
    days = np.arange(280)
    y = 140.0 * ((days + 1) // 14) - 10.0 * days
    y = y[:-1]  # the next pay falls on the first day ahead
    said = WeekPaths(14).fit(panel_of(y)).forecast(1, LEVELS)
    level, last = float(y[-180:].mean()), float(y[-1])
    steps = 0.25 * (y[13 - 1] - y[13 - 2]) + 0.5 * 130.0 + 0.25 * -10.0
    assert said.mean[0, 0] == pytest.approx(last + 0.6 * steps + (level - last) * (1 - 0.55 ** (1 / 30)))


@pytest.mark.parametrize("cycle", [7, 14])
@pytest.mark.parametrize("h", [1, 6, 7, 30, 366])
def test_the_least_history_is_enough(cycle: int, h: int) -> None:
    rng, needed = np.random.default_rng(1), week_paths.min_obs(cycle, h)
    enough, short = rng.normal(0, 1, needed), rng.normal(0, 1, needed - 1)
    said = WeekPaths(cycle).fit(panel_of(enough, short, padding=5)).forecast(h, LEVELS)
    assert (said.quantiles[0, :, 0] < said.quantiles[0, :, -1]).all()
    assert [failure.row for failure in said.failures] == [1]


def season_slowly(x: np.ndarray, m: int) -> np.ndarray:
    """What each phase adds, the day after the last one first."""
    means, noise = np.zeros(m), np.zeros(m)
    for phase in range(m):
        some = [(x[t], 0.5 ** (((len(x) - 1 - t) // m) * m / 120)) for t in range(len(x)) if (t - len(x)) % m == phase]
        total = sum(w for _, w in some)
        means[phase] = sum(w * v for v, w in some) / total
        spread = sum(w * v * v for v, w in some) / total - means[phase] ** 2
        noise[phase] = spread * sum(w * w for _, w in some) / total**2
    means -= means.mean()
    own = float((means**2).sum())
    return means * max(0.0, 1 - float(noise.sum()) / own)


def fast_mstl_slowly(y: np.ndarray, seasons: tuple[int, ...], h: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and upper end of the 80 % interval of each day, h at most 3."""
    y, side = y[-730:], max(seasons) // 2
    n, found = len(y), {m: np.zeros(m) for m in seasons}
    for _ in range(2):
        for m in seasons:
            left = y - sum(np.array([found[o][(t - n) % o] for t in range(n)]) for o in seasons if o != m)
            trend = np.array([left[max(t - side, 0) : t + side + 1].mean() for t in range(n)])
            found[m] = season_slowly(left - trend, m)
    adjusted = y - sum(np.array([found[m][(t - n) % m] for t in range(n)]) for m in seasons)
    mean = np.array([adjusted[-1] + sum(found[m][s % m] for m in seasons) for s in range(h)])
    weights = [0.5 ** (back * max(seasons) / 120) for back in range(n // max(seasons))]
    cycles = sum(weights) ** 2 / sum(w * w for w in weights)
    wider = math.sqrt((cycles + 1) / (cycles - 1)) if (adjusted != y).any() else 1.0
    upper = []
    for s in (1, 3):
        change = (adjusted[s:] - adjusted[:-s])[-365:]
        upper.append(wider * float(np.quantile(change, 0.9) - np.median(change)))
    return mean, mean + np.array([upper[0], sum(upper) / 2, upper[1]])[:h]


@pytest.mark.parametrize("seasons", [(7,), (7, 30)])
def test_seasons_and_errors_are_those_of_the_slow_loop(seasons: tuple[int, ...]) -> None:
    series = random_accounts()
    said = FastMSTL(seasons).fit(panel_of(*series, padding=5)).forecast(3, LEVELS)
    for row, one in enumerate(series):
        mean, upper = fast_mstl_slowly(one, seasons, 3)
        np.testing.assert_allclose(said.mean[row], mean, rtol=1e-9, atol=1e-8)
        np.testing.assert_allclose(said.quantiles[row, :, 3], upper, rtol=1e-9, atol=1e-8)


def test_a_week_that_repeats_itself_is_a_season_and_leaves_no_doubt() -> None:
    """Balances of 90, 60, 30, 0, -30, -60, -90: a week's mean is 0, so that all of it is season but at the ends."""
    week = np.array([90.0, 60.0, 30.0, 0.0, -30.0, -60.0, -90.0])
    said = FastMSTL((7,)).fit(panel_of(np.tile(week, 100))).forecast(7, LEVELS)
    np.testing.assert_allclose(said.mean[0], week, atol=9.0)
    assert (said.quantiles[0, :, 3] - said.quantiles[0, :, 1]).max() < 20.0


def test_a_balance_without_a_season_gets_none() -> None:
    y = np.cumsum(np.random.default_rng(4).normal(0, 10, 700))
    said = FastMSTL((7,)).fit(panel_of(y)).forecast(7, LEVELS)
    assert np.abs(said.mean[0] - y[-1]).max() < 5.0


@pytest.mark.parametrize("h", [1, 30, 366])
def test_the_least_history_leaves_thirty_errors(h: int) -> None:
    rng, needed = np.random.default_rng(2), fast_mstl.min_obs((30,), h)
    said = FastMSTL((30,)).fit(panel_of(rng.normal(0, 1, needed), rng.normal(0, 1, needed - 1))).forecast(h, LEVELS)
    assert (said.quantiles[0, :, 0] < said.quantiles[0, :, -1]).all()
    assert [failure.row for failure in said.failures] == [1]


def test_two_moves_in_a_hundred_days_worked_by_hand() -> None:
    """A move on 2 days of 100, one of +30 and one of -10: in 10 days nothing happens with probability 0.98^10."""
    y = np.repeat([500.0, 530.0, 520.0], [40, 40, 21])
    said = RareMoves().fit(panel_of(y)).forecast(10, LEVELS)
    some = 1 - 0.98**10
    root = math.sqrt(0.2 / some)
    assert said.mean[0, 9] == pytest.approx(520 + some / 2 * (30 - 10) * root)
    assert said.quantiles[0, 9].tolist() == pytest.approx(
        [520 - 10 * root * math.log(some / 2 / 0.025), 520, 520, 520, 520 + 30 * root * math.log(some / 2 / 0.025)]
    )


def test_a_move_that_is_likelier_than_not_moves_the_median() -> None:
    y = np.repeat(np.arange(40) * 5.0, 3)
    said = RareMoves().fit(panel_of(y)).forecast(30, LEVELS)
    assert said.quantiles[0, 0, 0] == y[-1] == said.quantiles.min(), "none has been downwards"
    assert said.quantiles[0, 0, 2] == y[-1] < said.quantiles[0, -1, 2]


@pytest.mark.parametrize("model", [WeekPaths(7), WeekPaths(14), FastMSTL((7, 30)), RareMoves()])
def test_balances_around_and_below_zero_are_balances_like_any(model: Model) -> None:
    series = random_accounts()
    said = model.fit(panel_of(*series, padding=5)).forecast(30, LEVELS)
    down = model.fit(panel_of(*(one - 1e5 for one in series), padding=5)).forecast(30, LEVELS)
    np.testing.assert_allclose(down.quantiles, said.quantiles - 1e5, atol=1e-5)
    assert (said.quantiles.min(axis=(1, 2)) < 0).any()
