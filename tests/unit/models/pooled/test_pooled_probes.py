"""Past windows to weigh candidates by: what auto and the candidates said then, relative to the path."""

from dataclasses import replace

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.naive import Naive
from forecast_cli.models.pooled.calibration import GRID, Calibration
from forecast_cli.models.pooled.learn import learn
from forecast_cli.models.pooled.learned import Learned
from forecast_cli.models.pooled.probes import LEVELS, auto_deciles, build_probes, candidate_deciles
from forecast_cli.models.pooled.record_lows import NO_RULE
from forecast_cli.models.pooled.segments import SEGMENTS
from forecast_cli.models.pooled.weighting import Training, learn_weights
from forecast_cli.models.pooled.windows import LOOK_BACK, list_windows
from forecast_cli.models.registry import parse_model

H, DAYS = 14, 300
MONTHS = np.array(["2026-04-01", "2026-06-01"], dtype="datetime64[D]")


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Return balances that repeat themselves every 11 days and wander, and one that never moved."""
    rng = np.random.default_rng(5)
    patterns = rng.normal(0, 100, (24, 11))[:, np.arange(DAYS) % 11]
    return panel_of(*(patterns + np.cumsum(rng.normal(0, 2, (24, DAYS)), axis=1)), np.full(DAYS, 7.0))


def learned_of(panel: Panel, months: np.ndarray) -> tuple[Learned, Training]:
    known = np.tile(months.astype(np.int64) - 1, (len(panel), 1))
    accounts = np.full(len(months), len(panel))
    return learn(panel, months, known, h=H), Training(panel, known, LOOK_BACK, accounts, max_stale=None)


@pytest.fixture(scope="module")
def learned(panel: Panel) -> Learned:
    return learned_of(panel, MONTHS)[0]


def test_the_weights_of_a_month_do_not_depend_on_later_months(panel: Panel) -> None:
    candidate = parse_model("SeasonalNaive(11)", ())
    [alone], [first, later] = (
        [
            vintage.weights[0]
            for vintage in learn_weights(*learned_of(panel, months), [candidate], limit_ms=1e9).vintages
        ]
        for months in (MONTHS[:1], MONTHS)
    )
    assert alone.gain.max() > 0.0
    assert (first.windows.tolist(), first.gain.tolist()) == (alone.windows.tolist(), alone.gain.tolist())
    assert later.windows.sum() > first.windows.sum()


def test_what_a_candidate_says_is_measured_from_the_path_on_the_same_day(panel: Panel, learned: Learned) -> None:
    probes, _ = build_probes(learned, panel, list_windows(panel, H), LOOK_BACK)
    deciles = candidate_deciles(parse_model("Naive", ()), probes, learned)
    path, scale = probes.outlook.path[:, learned.knots - 1, None], probes.outlook.scale[:, None, None]
    said = Naive().fit(probes.panel).forecast(H, LEVELS).quantiles
    np.testing.assert_allclose(deciles * scale + path, said[:, learned.knots - 1], atol=1e-9)


def test_without_corrections_the_median_of_auto_is_the_path(panel: Panel, learned: Learned) -> None:
    probes, _ = build_probes(learned, panel, list_windows(panel, H), LOOK_BACK)
    none = Calibration(np.zeros((SEGMENTS, len(GRID), len(learned.knots))), slope=0.0)
    vintage = replace(learned.vintages[0], calibration=none, record_lows=NO_RULE)
    deciles = auto_deciles(vintage, learned.knots, probes, np.arange(len(probes.x)))
    after_a_day = deciles[:, 1:, len(LEVELS)]  # some balances may well rest for a day
    np.testing.assert_allclose(after_a_day, 0.0, atol=1e-9)


def test_accounts_that_never_moved_are_no_probes(panel: Panel, learned: Learned) -> None:
    windows = list_windows(panel, H)
    probes, kept = build_probes(learned, panel, windows, LOOK_BACK)
    assert set(windows.row.tolist()) - set(windows.row[kept].tolist()) == {24}
    assert np.isfinite(probes.came).all()
