"""Learning what sample paths are: its input, and what must not change it."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from forecast_cli.data.panel import Panel
from forecast_cli.engine import path_shares
from forecast_cli.engine.path_shares import learn_path_shares
from forecast_cli.models.pooled.forest import Forest
from forecast_cli.models.pooled.learn import learn, learn_first_month
from forecast_cli.models.pooled.learned import Learned, months_of
from forecast_cli.models.pooled.outlook import forecast_outlook
from forecast_cli.models.pooled.past_share import PastTrainingSet
from forecast_cli.models.pooled.weekly import weekly_rows
from forecast_cli.models.pooled.windows import LOOK_BACK, list_first_windows, list_windows, panel_at
from forecast_cli.models.pooled.zero_rule import ZeroRule, ZeroTrainingSet, learn_zero_rules
from forecast_cli.risk.lows import windows_within

H, ACCOUNTS, DAYS = 14, 40, 330
#: Windows from which a month learns trees, and hardly more.
FEW = 300


@pytest.fixture(scope="module")
def panel() -> Panel:
    """Small sums spent, a round one put in whenever few are left; the last four never move."""
    rng = np.random.default_rng(2)
    spent = rng.gamma(1.5, 3, (ACCOUNTS, DAYS)) * (rng.random((ACCOUNTS, DAYS)) < 0.5)
    spent[-4:] = 0.0
    balance, y = np.full(ACCOUNTS, 20.0), np.empty((ACCOUNTS, DAYS))
    for day in range(DAYS):
        balance = balance - spent[:, day]
        balance += 25.0 * np.ceil(np.maximum(5.0 - balance, 0.0) / 25.0)
        y[:, day] = balance
    ids = pl.Series([f"w{row:02}" for row in range(ACCOUNTS)])
    return Panel(ids, y, np.full(ACCOUNTS, DAYS), np.full(ACCOUNTS, np.datetime64("2026-06-30")))


def known_before(panel: Panel, months: np.ndarray) -> np.ndarray:
    return np.tile(months.astype("datetime64[D]").astype(np.int64) - 1, (len(panel), 1))


def taught(panel: Panel) -> tuple[Learned, np.ndarray]:
    months = months_of([np.datetime64("2025-08-15"), np.datetime64("2026-05-31"), np.datetime64("2026-06-30")])
    known = known_before(panel, months)
    return learn_first_month(learn(panel, months, known, h=H), panel, known), known


def record_past_sets(monkeypatch: pytest.MonkeyPatch) -> list[PastTrainingSet]:
    """Return the list that every set goes to which trees of past courses would be grown on; none are grown."""
    given: list[PastTrainingSet] = []

    def grow(training: PastTrainingSet, *, seed: int) -> Forest:
        given.append(training)
        return ()

    monkeypatch.setattr(path_shares, "grow_past_forest", grow)
    return given


def record_zero_sets(monkeypatch: pytest.MonkeyPatch) -> list[ZeroTrainingSet]:
    """Return the list that every set goes to which rules for paths below zero are learned from."""
    given: list[ZeroTrainingSet] = []

    def learn_rules(training: ZeroTrainingSet) -> tuple[ZeroRule, ZeroRule]:
        given.append(training)
        return learn_zero_rules(training)

    monkeypatch.setattr(path_shares, "learn_zero_rules", learn_rules)
    return given


def found_by(learned: Learned) -> list[tuple[ZeroRule, ZeroRule, list[list[float]]]]:
    """The rules for paths below zero, of long and of short histories, and the trees of each vintage."""
    return [
        (one.zero_rule, one.short_zero_rule, [[*tree.threshold, *tree.values.ravel()] for tree in one.past])
        for one in learned.vintages
    ]


def test_neither_threads_nor_blocks_change_what_is_learned(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one window: some have no account that moves, some no vintage that learns from them."""
    monkeypatch.setattr(path_shares, "_MOST", FEW)
    monkeypatch.setattr(path_shares, "_MOST_FIRST", FEW)
    learned, known = taught(panel)
    found = found_by(learn_path_shares(learned, panel, known, look_back=LOOK_BACK))
    assert [len(forest) for *_, forest in found] == [0, 16, 16], "too early for the first month"
    assert max(rule.share for rule in found[1][:2]) < 1.0, "these accounts never fall below zero"
    assert found[1] != found[2]
    monkeypatch.setattr(path_shares, "_BLOCK", 1)
    assert found_by(learn_path_shares(learned, panel, known, look_back=LOOK_BACK, threads=3)) == found


def test_accounts_at_rest_change_nothing_about_what_was_learned(panel: Panel) -> None:
    learned, known = taught(panel)
    still = replace(panel, y=np.full_like(panel.y, 20.0))
    found = learn_path_shares(learned, still, known, look_back=LOOK_BACK)
    assert found.vintages is learned.vintages
    assert found.first_month is learned.first_month


def test_later_days_change_nothing(panel: Panel) -> None:
    learned, known = taught(panel)
    whole = found_by(learn_path_shares(learned, panel, known, look_back=LOOK_BACK))
    cut = Panel(panel.ids, panel.y[:, :-40], panel.lengths - 40, panel.origins - np.timedelta64(40, "D"))
    first = replace(learned, vintages=learned.vintages[:2], first_month=learned.first_month[:2])
    then = found_by(learn_path_shares(first, cut, known[:, :2], look_back=LOOK_BACK))
    assert then == whole[:2]
    assert then[1][2]


def test_events_are_those_of_accounts_that_move(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    given = record_past_sets(monkeypatch)
    learned, known = taught(panel)
    learn_path_shares(learned, panel, known, look_back=LOOK_BACK)
    early, _, training, *first_months = given
    assert len(early.x) == 0
    assert [bool(len(one.x)) for one in first_months] == [False, True, True]
    assert max(one.x[:, 0].max(initial=0) for one in first_months) <= 30
    assert set(training.account.tolist()) == set(range(ACCOUNTS - 4))
    assert training.event.shape[1] == 3 * len(windows_within(H))
    assert set(np.unique(training.event)) == {0.0, 1.0}
    by_threshold = training.event.reshape(-1, 3, len(windows_within(H)))
    assert (np.diff(by_threshold, axis=1) >= 0).all(), "under p5 is under p10"
    assert (np.diff(by_threshold, axis=2) >= 0).all(), "within 7 days is within 14"
    assert abs(training.past.mean() - training.event.mean()) < 0.05


def test_histories_no_longer_than_the_horizon_are_short(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    zero = record_zero_sets(monkeypatch)
    months = months_of([np.datetime64("2026-06-30")])
    known = known_before(panel, months)
    learned = learn_first_month(learn(panel, months, known, h=120), panel, known)
    learn_path_shares(learned, panel, known, look_back=LOOK_BACK)
    for place, windows in enumerate((list_windows(panel, 120), list_first_windows(panel, 120))):
        usable = windows.take(np.flatnonzero((windows.row < ACCOUNTS - 4) & (windows.day + 120 <= known[0, 0])))
        then = panel_at(panel, usable, LOOK_BACK)
        moved = forecast_outlook(then, 1).scale > 0.0
        assert 0 < len(zero[place].event) == moved.sum()
        assert zero[place].short.sum() == (moved & (then.lengths <= 120)).sum()
        assert zero[place].short.all() == (place == 1)


def test_a_weekly_pattern_is_learned_from_as_if_no_path_fell_on_its_worst_day(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accounts of which half are tills that are emptied to nothing once a week."""
    zero = record_zero_sets(monkeypatch)
    takings = 100.0 * np.exp(0.3 * np.random.default_rng(8).normal(size=(ACCOUNTS // 2 - 2, DAYS)))
    y = panel.y.copy()
    for day in range(DAYS):
        before = y[:-4:2, day - 1] if day % 7 and day else 0.0
        y[:-4:2, day] = before + takings[:, day] if day % 7 else 0.0
    months = months_of([np.datetime64("2026-06-30")])
    tills, known = replace(panel, y=y), known_before(panel, months)
    learned = learn_first_month(learn(tills, months, known, h=H), tills, known)
    learn_path_shares(learned, tills, known, look_back=LOOK_BACK)
    windows = list_windows(tills, H)
    windows = windows.take(np.flatnonzero(windows.day + H <= known[0, 0]))
    weekly = len(weekly_rows(panel_at(tills, windows, LOOK_BACK)))
    falls = zero[0].probability > 0.0
    assert 0 < (falls & (zero[0].on_a_day == 0.0)).sum() <= weekly < len(zero[0].event)
    assert (falls & (zero[0].on_a_day > 0.0)).any()


def test_falls_below_zero_are_those_of_accounts_that_never_were_there(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Balances drift down, and each falls below zero once in 250 days; later windows do not count."""
    given = record_zero_sets(monkeypatch)
    falling = replace(panel, y=panel.y - 0.1 * np.arange(DAYS))
    learned, known = taught(falling)
    last = learn_path_shares(learned, falling, known, look_back=LOOK_BACK).vintages[-1]
    lately = given[len(learned.vintages) - 1]
    assert (last.zero_rule, last.short_zero_rule) == learn_zero_rules(lately)
    assert set(np.unique(lately.event)) == {0.0, 1.0}
    assert 0.0 < lately.probability.mean() < 0.5
    all_windows = record_past_sets(monkeypatch)
    above, under = (replace(panel, y=panel.y + shift) for shift in (0.0, -1_000.0))
    for one, count in ((above, True), (under, False)):
        learned, known = taught(one)
        given.clear()
        all_windows.clear()
        learn_path_shares(learned, one, known, look_back=LOOK_BACK)
        latest = len(learned.vintages) - 1
        assert not given[latest].event.any()
        assert (len(given[latest].event) > 100) is count
        assert len(given[latest].event) == count * len(all_windows[latest].event)
        assert not count or 0.25 < given[latest].short.mean() < 0.6, "90 days or fewer: each fourth, and the first ones"
