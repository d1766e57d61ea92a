"""Vintages of fewer days ahead, extended to the horizon of a run."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.engine.path_shares import learn_path_shares
from forecast_cli.models.auto import Auto
from forecast_cli.models.pooled.extending import join_learned
from forecast_cli.models.pooled.learn import learn, learn_first_month
from forecast_cli.models.pooled.learned import Learned, months_of

SHORT, LONG, LEVELS = 14, 40, (80.0,)
KNOTS = (1, 3, 7, 14, 21, 30, 40)


def walks(count: int, days: int, seed: int) -> Panel:
    """Return accounts that are paid every month and spend at random."""
    rng = np.random.default_rng(seed)
    flow = rng.normal(0.0, 10.0, (count, days))
    flow[:, ::30] += 200.0
    flow[:, 15::30] -= 200.0
    return panel_of(*(1000.0 + flow.cumsum(axis=1)), end="2026-06-30")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return walks(80, 300, seed=1)


def learned_for(panel: Panel, h: int, *months: str) -> Learned:
    as_of = np.array(months, dtype="datetime64[D]")
    known = np.repeat(as_of.astype(np.int64)[None] - 1, len(panel), axis=0)
    learned = learn_first_month(learn(panel, as_of, known, h=h), panel, known)
    return learn_path_shares(learned, panel, known, look_back=1096)


@pytest.fixture(scope="module")
def short(panel: Panel) -> Learned:
    return learned_for(panel, SHORT, "2026-06-01")


@pytest.fixture(scope="module")
def extended(short: Learned) -> Learned:
    return join_learned([short], LONG)


def test_the_first_days_stay_as_they_were(panel: Panel, short: Learned, extended: Learned) -> None:
    """With 300 days of history, own errors are known for both horizons, so that the features are the same."""
    first = Auto(short).fit(panel).forecast(SHORT, LEVELS)
    all_days = Auto(extended).fit(panel).forecast(LONG, LEVELS)
    assert first.shares is not None
    assert all_days.shares is not None
    np.testing.assert_array_equal(all_days.quantiles[:, :SHORT], first.quantiles)
    np.testing.assert_array_equal(all_days.mean[:, :SHORT], first.mean)
    np.testing.assert_array_equal(all_days.shares.past, first.shares.past)
    assert np.isfinite(all_days.quantiles).all()
    assert all_days.failures == ()


def test_predictions_of_later_days_grow_with_the_square_root(short: Learned, extended: Learned) -> None:
    assert extended.h == LONG
    assert extended.knots.tolist() == list(KNOTS)
    growth = [1, 1, 1, 1, 1.5**0.5, (30 / 14) ** 0.5, (40 / 14) ** 0.5]
    for before, after in zip(
        (*short.vintages, *short.first_month), (*extended.vintages, *extended.first_month), strict=True
    ):
        assert before.calibration is not None
        assert after.calibration is not None
        assert (after.as_of, after.windows, after.ahead) == (before.as_of, before.windows, SHORT)
        for own, longer in zip(before.forest, after.forest, strict=True):
            np.testing.assert_allclose(longer.values[:, :4], own.values)
            np.testing.assert_allclose(longer.values[:, 3:], own.values[:, 3:4] * np.array(growth)[3:, None], rtol=1e-6)
        for own, longer in zip(before.difficulty, after.difficulty, strict=True):
            np.testing.assert_array_equal(longer.values[:, 3:], own.values[:, [3] * 4])
        np.testing.assert_array_equal(after.calibration.scores[:, :, 3:], before.calibration.scores[:, :, [3] * 4])
        assert after.calibration.slope == before.calibration.slope
        assert (after.zero_rule, after.record_lows) == (before.zero_rule, before.record_lows)


def test_intervals_go_on_growing_as_errors_of_a_random_walk_do(extended: Learned) -> None:
    fresh = walks(60, 300, seed=2)
    quantiles = Auto(extended).fit(fresh).forecast(LONG, LEVELS).quantiles
    width = np.median(quantiles[:, :, -1] - quantiles[:, :, 0], axis=0)
    assert (np.diff(width[SHORT - 1 :]) > 0.0).all()
    assert width[LONG - 1] / width[SHORT - 1] == pytest.approx((LONG / SHORT) ** 0.5, rel=0.15)


def test_vintages_of_several_days_ahead_come_in_the_order_of_their_days(panel: Panel, short: Learned) -> None:
    others = learned_for(panel, LONG, "2026-03-01", "2026-06-08")
    joined = join_learned([others, short], LONG)
    days = [f"2026-{day}" for day in ("03-01", "06-01", "06-08")]
    assert [str(vintage.as_of) for vintage in joined.vintages] == days
    assert [str(vintage.as_of) for vintage in joined.first_month] == days
    assert [vintage.ahead for vintage in joined.vintages] == [LONG, SHORT, LONG]
    assert joined.vintages[0] is others.vintages[0]


def test_a_vintage_that_learned_nothing_stays_so(panel: Panel) -> None:
    nothing = learned_for(panel.take(np.arange(2)), SHORT, "2025-10-01")
    (vintage,) = join_learned([nothing], LONG).vintages
    assert (vintage.forest, vintage.calibration) == ((), None)
    none = join_learned([], LONG)
    assert (none.h, none.knots.tolist(), none.vintages, none.has_forest) == (LONG, list(KNOTS), (), False)


def test_a_state_of_the_same_days_is_left_alone(panel: Panel) -> None:
    whole = learned_for(panel, LONG, str(months_of(panel.origins)[0]))
    assert join_learned([whole], LONG).vintages == whole.vintages
