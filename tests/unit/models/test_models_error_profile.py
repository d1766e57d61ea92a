import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.error_profile import ErrorProfile, shipped_profile
from forecast_cli.models.last_value import LastValue

LEVELS = (50.0, 80.0, 95.0)


def account_of(scale: float, *, still: bool) -> Panel:
    return panel_of(np.full(3 if still else 1, scale))


@pytest.fixture
def profile() -> ErrorProfile:
    return shipped_profile()


@pytest.fixture
def simple() -> ErrorProfile:
    """Quartiles 1 and 2 scales away after 1 and 4 days for accounts that moved, twice that for still ones."""
    moved = np.array([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0]])
    return ErrorProfile(
        np.array([1.0, 4.0]), np.array([0.25, 0.5, 0.75]), np.stack([moved, 2 * moved]), scale_days=3, still_days=2
    )


def test_shipped_tables_are_ordered_and_never_narrow_with_the_step(profile: ErrorProfile):
    middle = len(profile.probabilities) // 2
    assert profile.probabilities[middle] == 0.5
    assert (profile.tables[:, :, middle] == 0).all()
    assert (np.diff(profile.tables, axis=2) >= 0).all()
    assert (np.diff(profile.tables[:, :, :middle], axis=1) <= 0).all()
    assert (np.diff(profile.tables[:, :, middle + 1 :], axis=1) >= 0).all()


def test_knots_come_out_as_they_went_in(simple: ErrorProfile):
    got = simple.offsets(account_of(100.0, still=False), 4, (50.0,))
    np.testing.assert_allclose(got[0, [0, 3]], [[-100, 0, 100], [-200, 0, 200]], atol=1e-9)


def test_steps_between_knots_go_by_their_root_and_beyond_the_last_grow_with_it(simple: ErrorProfile):
    got = simple.offsets(account_of(1.0, still=False), 16, (50.0,))[0, :, 2]
    np.testing.assert_allclose(got[[1, 15]], [np.sqrt(2.0), 4.0])


def test_probabilities_between_knots_go_by_their_normal_score_and_on_beyond(simple: ErrorProfile):
    got = simple.offsets(account_of(1.0, still=False), 1, (50.0, 95.0))[0, 0, -1]
    np.testing.assert_allclose(got, 1.959963984540054 / 0.6744897501960817)


def test_still_accounts_have_their_own_table(simple: ErrorProfile):
    moved, still = (simple.offsets(account_of(1.0, still=still), 4, LEVELS) for still in (False, True))
    np.testing.assert_allclose(still, 2 * moved)


@pytest.mark.parametrize(
    ("y", "scale", "still"),
    [
        ([-50.0], 50.0, False),
        ([0.0], 0.0, False),
        ([10.0, 20.0, 30.0], 30.0, False),
        ([900.0, 300.0, -60.0, 0.0], 120.0, False),
        ([1.0, 5.0, 5.0, 5.0], 5.0, True),
        ([5.0, 5.0], 5.0, False),
        ([5.0, 5.0, 5.0], 5.0, True),
    ],
)
def test_scale_and_stillness_come_from_the_last_days(simple: ErrorProfile, y: list[float], scale: float, still: bool):
    got = simple.offsets(panel_of(np.array(y), np.arange(40.0)), 1, (50.0,))
    assert got[0, 0, 2] == pytest.approx(2 * scale if still else scale)


def test_last_value_keeps_the_last_value_and_widens():
    got = LastValue().fit(panel_of(np.array([400.0]))).forecast(366, LEVELS)
    assert (got.mean == 400).all()
    assert (got.quantiles[0, :, 3] == 400).all()
    width = got.quantiles[0, :, -1] - got.quantiles[0, :, 0]
    assert (np.diff(width) >= 0).all()
    assert width[-1] > width[29] > 0


def test_last_value_scales_with_the_balance():
    small, large = (LastValue().fit(panel_of(np.array([k, 3 * k]))).forecast(9, LEVELS) for k in (7.0, 56.0))
    np.testing.assert_allclose(large.quantiles, 8 * small.quantiles)
