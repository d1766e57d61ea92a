"""Vintages of fewer days ahead, extended to the horizon of a run."""

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.engine.path_shares import learn_path_shares
from forecast_cli.models.auto import Auto
from forecast_cli.models.pooled.extending import join_learned
from forecast_cli.models.pooled.features import compute_features
from forecast_cli.models.pooled.forest import predict
from forecast_cli.models.pooled.learn import learn, learn_first_month
from forecast_cli.models.pooled.learned import Learned, months_of
from forecast_cli.models.pooled.outlook import forecast_outlook
from forecast_cli.models.pooled.past_share import predict_past_share

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


def test_the_trees_ask_about_the_same_features(panel: Panel, short: Learned, extended: Learned) -> None:
    """With 300 days of history, own errors are known for both horizons, so that the features are the same."""
    outlooks = {h: forecast_outlook(panel, h) for h in (SHORT, LONG)}
    x, longer_x = (compute_features(panel, outlooks[one.h], one.knots) for one in (short, extended))
    before, after = short.vintages[0], extended.vintages[0]
    np.testing.assert_array_equal(predict(after.difficulty, longer_x)[:, :4], predict(before.difficulty, x))
    np.testing.assert_array_equal(predict_past_share(after.past, longer_x), predict_past_share(before.past, x))
    said, longer = predict(before.forest, x), predict(after.forest, longer_x)
    np.testing.assert_allclose(longer[:, :4, 1], said[:, :, 1] / 2, atol=1e-6)
    np.testing.assert_allclose(np.diff(longer[:, :4]), np.diff(said), atol=1e-6)


def test_distances_of_later_days_grow_with_the_square_root_around_the_path(short: Learned, extended: Learned) -> None:
    assert extended.h == LONG
    assert extended.knots.tolist() == list(KNOTS)
    growth = np.sqrt([21 / 14, 30 / 14, 40 / 14])
    pairs = zip((*short.vintages, *short.first_month), (*extended.vintages, *extended.first_month), strict=True)
    for before, after in pairs:
        assert before.calibration is not None
        assert after.calibration is not None
        assert (after.as_of, after.windows, after.ahead) == (before.as_of, before.windows, SHORT)
        for own, longer in zip(before.forest, after.forest, strict=True):
            last = own.values[:, 3:4] - own.values[:, 3:4, 1:2]
            np.testing.assert_allclose(longer.values[:, 4:], last * growth[:, None], rtol=1e-6)
        for own, longer in zip(before.difficulty, after.difficulty, strict=True):
            np.testing.assert_array_equal(longer.values[:, 3:], own.values[:, [3] * 4])
        np.testing.assert_array_equal(after.calibration.scores[:, :, 3:], before.calibration.scores[:, :, [3] * 4])
        np.testing.assert_array_equal(after.calibration.scores[:, :, :4], before.calibration.scores)
        assert after.calibration.slope == before.calibration.slope
        assert (after.zero_rule, after.record_lows) == (before.zero_rule, before.record_lows)


def test_intervals_go_on_growing_as_errors_of_a_random_walk_do(extended: Learned) -> None:
    fresh = walks(60, 300, seed=2)
    quantiles = Auto(extended).fit(fresh).forecast(LONG, LEVELS).quantiles
    width = np.median(quantiles[:, :, -1] - quantiles[:, :, 0], axis=0)
    assert (np.diff(width[np.array(KNOTS) - 1]) > 0.0).all()
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
