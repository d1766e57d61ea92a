"""``auto`` after learning: a case worked by hand, and what must not change the result."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import panels
import polars as pl
import pytest

from forecast_cli.core.errors import ConfigError
from forecast_cli.core.ledger import Flag
from forecast_cli.data.panel import Panel, cut_panel
from forecast_cli.data.sample.block import generate_block
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.models.auto import Auto
from forecast_cli.models.base import Forecast
from forecast_cli.models.knots import knots_of
from forecast_cli.models.ladder import forecast_panel
from forecast_cli.models.one_by_one import OneByOne
from forecast_cli.models.path_levels import PATH_LEVELS, mean_of_paths
from forecast_cli.models.pooled import learn as pooled_learn
from forecast_cli.models.pooled.calibration import GRID, Calibration
from forecast_cli.models.pooled.features import NAMES, compute_features, hide_season
from forecast_cli.models.pooled.forest import Forest, Tree
from forecast_cli.models.pooled.forest import grow_forest as grow_trees
from forecast_cli.models.pooled.learn import choose_windows, learn
from forecast_cli.models.pooled.learned import Learned, Vintage, latest_before, months_of
from forecast_cli.models.pooled.outlook import forecast_outlook, scale_of
from forecast_cli.models.pooled.record_lows import NO_RULE, RecordLows
from forecast_cli.models.pooled.segments import SEGMENTS
from forecast_cli.models.pooled.windows import LOOK_BACK, balances_after, group_of, list_windows, panel_at
from forecast_cli.models.pooled.zero_rule import ZeroRule
from forecast_cli.models.registry import parse_model
from forecast_cli.store.layout import LEARNED_TREES, LEARNED_WIDTHS
from forecast_cli.store.learned_tables import learned_frames, read_learned

H, LEVELS = 14, (50.0, 80.0, 95.0)


def panel_of(count: int, days: int = 330) -> Panel:
    rows = generate_block(SampleSpec(accounts=count, days=days, seed=11), 0, count)
    calendar = pl.DataFrame({"date": pl.date_range(rows["date"].min(), rows["date"].max(), eager=True)})
    whole = rows.select("account_id").unique(maintain_order=True).join(calendar, how="cross")
    filled = whole.join(rows, on=["account_id", "date"], how="left", maintain_order="left").with_columns(
        pl.col("balance").forward_fill().over("account_id")
    )
    y = filled["balance"].to_numpy().reshape(count, -1).astype(np.float64)
    first = np.argmax(~np.isnan(y), axis=1)
    ids = filled["account_id"].unique(maintain_order=True)
    end = np.datetime64(calendar["date"].max(), "D")
    return Panel(ids, y, (y.shape[1] - first).astype(np.int64), np.full(count, end))


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(40)


def learned_from(panel: Panel, h: int = H) -> Learned:
    months = months_of(panel.origins)
    known = np.full((len(panel), 1), months[0].astype("datetime64[D]").astype(np.int64) - 1)
    found = learn(panel, months, known, h=h)
    assert found.vintages[0].forest
    return found


@pytest.fixture(scope="module")
def learned(panel: Panel) -> Learned:
    return learned_from(panel)


def by_a_single_leaf(
    y: np.ndarray,
    windows: int = 1_000,
    record_lows: RecordLows = NO_RULE,
    levels: tuple[float, ...] = (80.0,),
) -> tuple[Panel, Forecast]:
    """What auto says of balances, where all of so many windows lie in one leaf."""
    panel = Panel(pl.Series(["a"]), y[None, :], np.array([len(y)]), np.array(["2026-03-31"], dtype="datetime64[D]"))
    knots = knots_of(3)
    none = np.zeros(1, dtype=np.int32)
    leaves = (np.tile(np.array(each, dtype=np.float32), (1, len(knots), 1)) for each in ([-0.5, 0.25, 0.75], [1.0]))
    tree, even = (Tree(none, np.array([np.inf]), none, none, leaf) for leaf in leaves)
    z = np.interp(GRID, [0.005, 0.1, 0.5, 0.9, 0.995], [-3.0, -1.0, 0.0, 2.0, 3.0])
    scores = np.tile(z[None, :, None], (SEGMENTS, 1, len(knots)))
    calibration = Calibration(scores, slope=1.2)
    vintage = Vintage(np.datetime64("2026-03-01"), windows, H, (tree,), calibration, record_lows, difficulty=(even,))
    return panel, Auto(Learned(3, knots, (vintage,))).fit(panel).forecast(3, levels)


def test_the_mean_is_that_of_the_quantiles() -> None:
    """The upper side of the leaf is wider than the lower one, so the mean lies above the median."""
    panel, said = by_a_single_leaf(np.arange(200) % 7 * 10.0, levels=PATH_LEVELS)
    np.testing.assert_array_equal(said.mean, mean_of_paths(said.quantiles))
    above = (said.mean[0] - said.quantiles[0, :, len(PATH_LEVELS)]) / forecast_outlook(panel, 3).scale
    assert (above > 0.01).all()
    np.testing.assert_array_equal(by_a_single_leaf(np.arange(200) % 7 * 10.0)[1].mean, said.mean)


def test_a_single_leaf_worked_by_hand() -> None:
    panel, said = by_a_single_leaf(np.arange(200) % 7 * 10.0)
    outlook = forecast_outlook(panel, 3)
    path, scale = outlook.path[0], outlook.scale[0]
    np.testing.assert_allclose(said.quantiles[0, :, 1], path + 0.3 * scale, rtol=1e-6)
    np.testing.assert_allclose(said.quantiles[0, :, 0], path + (0.3 - 1.0 * 0.9) * scale, rtol=1e-6)
    np.testing.assert_allclose(said.quantiles[0, :, 2], path + (0.3 + 2.0 * 0.6) * scale, rtol=1e-6)


def test_few_windows_leave_half_to_what_the_account_was_missed_by() -> None:
    """500 windows count as much as an account's own errors, whose 80 % are the normal distribution's.

    The account moves every day and has no payments, so that no probability lies on its last balance.
    """
    panel, said = by_a_single_leaf(np.cumsum(np.random.default_rng(1).normal(0, 10, 200)), windows=500)
    outlook = forecast_outlook(panel, 3)
    path, scale, sd = outlook.path[0], outlook.scale[0], outlook.sd[0]
    np.testing.assert_allclose(said.quantiles[0, :, 0], path - 0.3 * scale - 0.5 * 1.2815515655 * sd, rtol=1e-6)
    np.testing.assert_allclose(said.quantiles[0, :, 2], path + 0.75 * scale + 0.5 * 1.2815515655 * sd, rtol=1e-6)


def test_a_quantile_below_the_lowest_balance_is_drawn_to_it() -> None:
    """A balance ends near its lowest, and 0.4 of a quantile's distance below that is left, less a margin."""
    walk = np.cumsum(np.random.default_rng(1).normal(0, 10, 200))
    y = np.maximum(walk - walk[-1], -11.0)
    free, held = (by_a_single_leaf(y, record_lows=rule)[1].quantiles[0] for rule in (NO_RULE, RecordLows(0.01, 0.4)))
    low, below, width = y.min(), free[:, 0], free[:, 2] - free[:, 0]
    assert (below < low - 0.01 * width).all()
    assert (free[:, 1] > low).all()
    np.testing.assert_allclose(held[:, 0], low + 0.4 * (below - low + 0.01 * width), rtol=1e-9)
    np.testing.assert_array_equal(held[:, 1:], free[:, 1:])


def test_an_account_too_young_for_errors_of_its_own_has_those_of_others() -> None:
    few, many = (by_a_single_leaf(np.arange(50) % 7 * 10.0, windows=windows)[1] for windows in (60, 1_000))
    np.testing.assert_array_equal(few.quantiles, many.quantiles)


def test_a_balance_that_stands_still_is_held_where_nothing_was_learned() -> None:
    y = np.where(np.arange(200) % 34 < 17, 100.0, 160.0)
    panel = Panel(pl.Series(["a"]), y[None, :], np.array([200]), np.array(["2026-03-31"], dtype="datetime64[D]"))
    said = Auto().fit(panel).forecast(3, (80.0,))
    assert said.quantiles[0, :, 1].tolist() == [160.0, 160.0, 160.0]


def test_where_nothing_was_learned_an_account_needs_60_days_more_than_the_horizon() -> None:
    y = np.arange(90) % 7 * 10.0
    days = (np.array([len(y)]), np.array(["2026-03-31"], dtype="datetime64[D]"))
    enough, short = (Panel(pl.Series(["a"]), y[None, :], days[0] - less, days[1]) for less in (0, 1))
    assert Auto().fit(enough).forecast(30, (80.0,)).failures == ()
    [failure] = Auto().fit(short).forecast(30, (80.0,)).failures
    assert failure.message == "89 days of history, at least 90 needed"


def test_a_balance_that_moves_every_17_days_is_expected_to_stand_where_it_stands() -> None:
    _, said = by_a_single_leaf(np.where(np.arange(200) % 34 < 17, 100.0, 160.0))
    assert said.quantiles[0, :, 1].tolist() == [160.0, 160.0, 160.0]


def test_the_day_of_a_payment_between_two_knots_is_known_to_move_the_balance() -> None:
    """Wages are there for one day of the month, two days after the origin: the other days the balance is nothing."""
    days = np.datetime64("2026-03-31") + np.arange(-399, 1)
    y = np.where((days - days.astype("datetime64[M]")).astype(int) + 1 == 2, 900.0, 0.0)
    _, said = by_a_single_leaf(y)
    low, high = said.quantiles[0, :, 0], said.quantiles[0, :, 2]
    assert low[0] == high[0] == low[2] == high[2] == 0.0
    assert high[1] > 0.0


def test_scaled_and_shifted_balances_scale_and_shift_the_forecast(panel: Panel, learned: Learned) -> None:
    panel = panel.take(np.flatnonzero(panel.lengths > 30))
    said = Auto(learned).fit(panel).forecast(H, LEVELS)
    changed = Panel(panel.ids, panel.y * -0.0 + panel.y * 4.0 + 1024.0, panel.lengths, panel.origins)
    other = Auto(learned).fit(changed).forecast(H, LEVELS)
    close = np.isclose(other.quantiles, said.quantiles * 4.0 + 1024.0, rtol=1e-6, atol=1e-3).all(axis=(1, 2))
    assert close.mean() > 0.95, "but for ties broken by rounding"


def test_levels_are_nested_and_the_median_lies_between(panel: Panel, learned: Learned) -> None:
    said = Auto(learned).fit(panel).forecast(H, LEVELS)
    assert (np.diff(said.quantiles[~np.isnan(said.mean).any(axis=1)], axis=2) >= 0).all()


def test_neighbours_change_no_bit(panel: Panel, learned: Learned) -> None:
    whole = Auto(learned).fit(panel).forecast(H, LEVELS)
    rows = [31, 4, 17]
    some = Auto(learned).fit(panel.take(rows)).forecast(H, LEVELS)
    np.testing.assert_array_equal(some.quantiles, whole.quantiles[rows])
    np.testing.assert_array_equal(some.mean, whole.mean[rows])


def test_the_share_of_past_courses_stays_with_its_account_one_by_one_and_down_the_ladder(
    panel: Panel, learned: Learned
) -> None:
    none = np.zeros(1, dtype=np.int32)
    leaf = Tree(none, np.array([np.inf]), none, none, np.full((1, 1, 1), 0.8, dtype=np.float32))
    told = replace(learned, vintages=(replace(learned.vintages[0], past=(leaf,)),), first_month=())
    block, alone = (model.fit(panel).forecast(H, LEVELS) for model in (Auto(told), OneByOne(Auto(told))))
    assert block.shares is not None
    assert alone.shares is not None
    assert block.shares.past.max() == 0.8
    np.testing.assert_array_equal(alone.shares.past, block.shares.past)
    np.testing.assert_array_equal(alone.quantiles, block.quantiles)
    whole = forecast_panel(panel, replace(parse_model("auto", ()), learned=told), h=H, levels=LEVELS)
    by_auto = np.array([name == "auto" for name in whole.model_used])
    assert 0 < np.count_nonzero(~by_auto) < 5
    share = np.where(by_auto, block.shares.past, 0.0)
    assert whole.forecast.shares is not None
    np.testing.assert_array_equal(whole.forecast.shares.past, share)
    assert [Flag.PAST_COURSES in flags for flags in whole.flags] == (share > 0.0).tolist()


def test_threads_change_nothing_that_is_learned(panel: Panel, learned: Learned) -> None:
    months = months_of(panel.origins)
    known = np.full((len(panel), 1), months[0].astype("datetime64[D]").astype(np.int64) - 1)
    threaded = learn(panel, months, known, h=H, threads=3)
    for one, other in zip(learned.vintages[0].forest, threaded.vintages[0].forest, strict=True):
        np.testing.assert_array_equal(one.threshold, other.threshold)
        np.testing.assert_array_equal(one.values, other.values)
    for one, other in zip(learned.vintages, threaded.vintages, strict=True):
        assert one.calibration is not None
        assert other.calibration is not None
        np.testing.assert_array_equal(one.calibration.scores, other.calibration.scores)


@pytest.mark.parametrize(("days", "oldest", "used"), [(720, 720, False), (900, 900, True), (400, 900, False)])
def test_the_time_of_the_year_counts_once_accounts_span_two_years(
    days: int, oldest: int, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One account with a longer history than all others does not make it count."""
    given = []

    def grow(x: np.ndarray, came: np.ndarray, *, trees: int, seed: int) -> Forest:
        given.append(x)
        return grow_trees(x, came, trees=trees, seed=seed)

    monkeypatch.setattr(pooled_learn, "grow_forest", grow)
    rng = np.random.default_rng(1)
    panel = panels.panel_of(*(np.cumsum(rng.normal(0, 5, n)) for n in (oldest, *[days] * 29)))
    month = months_of(panel.origins)
    learn(panel, month, np.full((30, 1), month[0].astype("datetime64[D]").astype(np.int64) - 1), h=H)
    place = NAMES.index("cosine_of_year")
    assert bool(given[0][:, place : place + 2].any()) is used


def test_what_is_learned_from_stands_in_the_order_of_accounts_and_days(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def grow(x: np.ndarray, came: np.ndarray, *, trees: int, seed: int) -> Forest:
        given.append((x, came))
        return grow_trees(x, came, trees=trees, seed=seed)

    monkeypatch.setattr(pooled_learn, "grow_forest", grow)
    monkeypatch.setattr(pooled_learn, "_BLOCK", 7)
    month, knots = months_of(panel.origins), knots_of(H)
    known = np.full((len(panel), 1), month[0].astype("datetime64[D]").astype(np.int64) - 1)
    learn(panel, month, known, h=H)
    windows = list_windows(panel, H)
    windows = windows.take(choose_windows(windows, known[:, 0], H, month[0]))
    windows = windows.take(np.flatnonzero(group_of(panel, windows) != 0))
    windows = windows.take(scale_of(panel_at(panel, windows, LOOK_BACK)) > 0.0)
    assert len(given[0][0]) == len(windows.row) > 100
    for place in range(0, len(windows.row), 11):
        one = windows.take(np.array([place]))
        then = panel_at(panel, one, LOOK_BACK)
        outlook = forecast_outlook(then, H)
        came = (balances_after(panel, one, knots) - outlook.path[:, knots - 1]) / outlook.scale[:, None]
        np.testing.assert_array_equal(given[0][0][place], hide_season(compute_features(then, outlook, knots))[0])
        np.testing.assert_array_equal(given[0][1][place], np.clip(came[0], -4.0, 4.0))


def test_each_origin_has_what_was_learned_before_it() -> None:
    months = [Vintage(np.datetime64(month, "D"), 0, H) for month in ("2026-03-01", "2026-04-01")]
    origins = ["2026-02-28", "2026-03-01", "2026-03-31", "2026-04-01", "2026-05-20"]
    found = latest_before(months, np.array(origins, dtype="datetime64[D]"))
    assert found.tolist() == [-1, 0, 0, 1, 1]


def test_later_days_and_younger_accounts_change_nothing_that_was_learned(panel: Panel) -> None:
    months = months_of(panel.origins - np.timedelta64(60, "D"))
    before = months[0].astype("datetime64[D]").astype(np.int64) - 1
    known = np.full((len(panel), 1), before)
    whole = learn(panel, months, known, h=H)
    back = int((panel.origins[0] - months[0]).astype(np.int64)) + 1
    cut = Panel(panel.ids, panel.y[:, :-back], panel.lengths - back, panel.origins - np.timedelta64(back, "D"))
    rows = np.flatnonzero(cut.lengths > 0)
    then = learn(cut.take(rows), months, known[rows], h=H)
    assert len(whole.vintages[0].forest) == len(then.vintages[0].forest) > 0
    for one, other in zip(whole.vintages[0].forest, then.vintages[0].forest, strict=True):
        np.testing.assert_array_equal(one.threshold, other.threshold)
        np.testing.assert_array_equal(one.values, other.values)


def test_what_was_learned_is_read_back_as_it_was(panel: Panel, learned: Learned, tmp_path: Path) -> None:
    for name, frame in learned_frames(learned).items():
        frame.write_parquet(tmp_path / name)
    again = read_learned(tmp_path, h=H)
    said, then = (Auto(one).fit(panel).forecast(H, LEVELS) for one in (learned, again))
    np.testing.assert_array_equal(said.quantiles, then.quantiles)


def test_the_rules_for_paths_below_zero_are_read_back_and_are_those_of_accounts_never_there(
    panel: Panel, learned: Learned, tmp_path: Path
) -> None:
    rules = {"zero_rule": ZeroRule(0.3, 1.0), "short_zero_rule": ZeroRule(0.2, 0.0)}
    known = replace(learned, vintages=tuple(replace(one, **rules) for one in learned.vintages))
    for name, frame in learned_frames(known).items():
        frame.write_parquet(tmp_path / name)
    y = panel.y - np.nanmin(panel.y, axis=1, keepdims=True)
    y[0, -1] = -0.01
    whole = replace(panel, y=y)
    for some, zero, fade in ((whole, [1.0, 0.3, 0.3], 1.0), (cut_panel(whole, 90), [1.0, 0.2, 0.2], 0.0)):
        said = Auto(read_learned(tmp_path, h=H)).fit(some).forecast(H, LEVELS)
        assert said.shares is not None
        assert said.shares.zero[:3].tolist() == zero
        assert said.shares.zero_fade[:3].tolist() == [fade] * 3


def test_a_history_is_short_by_the_horizon_that_was_learned(panel: Panel) -> None:
    """Learned for 120 days, used for 14: 120 days are short, 121 are not; of a weekly pattern there is no fade."""
    rules = {"zero_rule": ZeroRule(0.3, 1.0), "short_zero_rule": ZeroRule(0.2, 0.5)}
    learned = learned_from(panel, 120)
    known = replace(learned, vintages=tuple(replace(one, **rules) for one in learned.vintages))
    walks = 500.0 + np.cumsum(np.random.default_rng(4).normal(size=(2, 121)), axis=1)
    weekly = 70.0 - 10.0 * (np.arange(121) % 7)
    series = panels.panel_of(walks[0, 1:], walks[1], weekly[1:], weekly, end=np.datetime64("2026-06-30"))
    shares = Auto(known).fit(series).forecast(H, LEVELS).shares
    assert shares is not None
    assert shares.zero.tolist() == [0.2, 0.3, 0.2, 0.3]
    assert shares.zero_fade.tolist() == [0.5, 1.0, 0.0, 0.0]


def test_what_another_version_learned_is_refused(learned: Learned, tmp_path: Path) -> None:
    for name, frame in learned_frames(learned).items():
        frame.drop("segment", strict=False).write_parquet(tmp_path / name)
    with pytest.raises(ConfigError, match=r"learned_scores\.parquet is from another version: its columns differ"):
        read_learned(tmp_path, h=H)


@pytest.mark.parametrize(("column", "value"), [("feature", 99), ("feature", -1), ("left", 10**6), ("right", 0)])
def test_trees_that_lead_out_of_themselves_are_refused(
    learned: Learned, column: str, value: int, tmp_path: Path
) -> None:
    for damaged in (LEARNED_TREES, LEARNED_WIDTHS):
        for name, frame in learned_frames(learned).items():
            root = (pl.int_range(pl.len()) == 0) & (name == damaged)
            wrong = pl.when(root).then(value).otherwise(column).cast(pl.Int32).alias(column)
            (frame.with_columns(wrong) if column in frame.columns else frame).write_parquet(tmp_path / name)
        with pytest.raises(ConfigError, match=f"{damaged} is .* damaged: a node points outside its tree"):
            read_learned(tmp_path, h=H)


@pytest.mark.parametrize(
    "damage",
    [
        pl.lit(float("nan")).alias("slope"),
        pl.lit(None, dtype=pl.Float64).alias("low_margin"),
        pl.lit(-0.5).alias("low_margin"),
        pl.lit(1.5).alias("low_depth"),
        pl.lit(None, dtype=pl.Float64).alias("zero_share"),
        pl.lit(-0.5).alias("short_zero_share"),
        pl.lit(2.5).alias("zero_fade"),
        pl.lit(float("nan")).alias("short_zero_fade"),
        pl.lit(None, dtype=pl.Int64).alias("windows"),
        pl.lit(None, dtype=pl.Int32).alias("learned_days"),
        pl.lit(H - 1, dtype=pl.Int32).alias("learned_days"),
        pl.when(pl.int_range(pl.len()) == 3).then(7).otherwise("learned_days").cast(pl.Int32).alias("learned_days"),
        pl.when(pl.int_range(pl.len()) == 3).then(None).otherwise("score").alias("score"),
        pl.when(pl.int_range(pl.len()) == 3).then(2.0).otherwise("slope").alias("slope"),
    ],
)
def test_scores_that_are_not_whole_are_refused(learned: Learned, damage: pl.Expr, tmp_path: Path) -> None:
    for name, frame in learned_frames(learned).items():
        (frame.with_columns(damage) if "score" in frame.columns else frame).write_parquet(tmp_path / name)
    with pytest.raises(ConfigError, match="scores of a day are missing"):
        read_learned(tmp_path, h=H)


def test_an_account_that_never_moved_keeps_its_balance_and_a_young_one_is_flagged(learned: Learned) -> None:
    y = np.full((2, 60), np.nan)
    y[0] = 12.5
    y[1, 40:] = np.arange(20.0)
    panel = Panel(pl.Series(["still", "young"]), y, np.array([60, 20]), np.full(2, np.datetime64("2020-01-31")))
    said = Auto(learned).fit(panel).forecast(H, LEVELS)
    assert (said.mean[0] == 12.5).all()
    assert [failure.row for failure in said.failures] == [1]
