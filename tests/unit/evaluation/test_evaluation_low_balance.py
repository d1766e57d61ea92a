"""Low balances: thresholds, base rates, events, and scores of the probabilities."""

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from panels import panel_of
from windowed import low_balance_of

from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.alarms import calibrate_low_balance
from forecast_cli.evaluation.low_balance import actual_rows, base_rates, low_balance_rows
from forecast_cli.evaluation.reliability import bin_reliability, score_low_balance
from forecast_cli.models.base import Forecast
from forecast_cli.models.normal import normal_forecast
from forecast_cli.models.path_levels import PATH_LEVELS

LEVELS = PATH_LEVELS
H = 14


def noise(seed: int, days: int = 400) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=days))


def forecast_of(panel: Panel, h: int = H, sigma: float = 1.0) -> Forecast:
    mean = np.repeat(panel.y[:, -1:], h, axis=1)
    return normal_forecast(mean, np.full((len(panel), h), sigma), levels=LEVELS)


@pytest.mark.parametrize("days", [1, 7, 30])
@pytest.mark.parametrize("length", [7, 29, 200, 365, 500])
def test_the_base_rate_is_the_share_of_past_periods_that_went_under(days: int, length: int) -> None:
    series = noise(3, length)
    threshold = float(np.median(series))
    recent = series[-365:]
    periods = [recent[start : start + days].min() < threshold for start in range(len(recent) - days + 1)]
    found = base_rates(panel_of(series, noise(4, 450)), np.full(2, threshold), days=days)[0]
    np.testing.assert_allclose(found, np.mean(periods) if periods else np.nan)


def test_rows_hold_each_account_model_threshold_and_period() -> None:
    panel = replace(panel_of(noise(5), noise(6)), currencies=pl.Series(["CZK", "EUR"]))
    y = np.repeat(panel.y[:, -1:], H, axis=1)
    rows = low_balance_rows(panel, y, dict.fromkeys(("M", "N"), forecast_of(panel)), thresholds=("p10", "0", "p10"))
    assert rows.columns == [
        "unique_id",
        "currency",
        "cutoff",
        "model",
        "threshold",
        "days",
        "amount",
        "probability",
        "base_rate",
        "already",
        "event",
        "day",
        "day_q10",
        "day_q50",
        "day_q90",
        "reached_q10",
        "reached_q50",
        "reached_q90",
    ]
    keys = rows.select("unique_id", "currency", "model", "threshold", "days").rows()
    wanted = [
        (*account, model, text, days)
        for account in (("A0000", "CZK"), ("A0001", "EUR"))
        for model in ("M", "N")
        for text in ("p10", "0")
        for days in (7, 14)
    ]
    assert keys == wanted
    assert rows["cutoff"].unique().to_list() == [date(2026, 6, 30)]


def test_an_event_is_a_low_point_under_the_threshold_and_needs_all_its_days() -> None:
    panel = panel_of(np.full(50, 10.0), np.full(50, 10.0), np.full(50, 10.0))
    y = np.full((3, H), 10.0)
    y[1, 9], y[2, 9:] = 4.0, np.nan
    rows = low_balance_rows(panel, y, {"M": forecast_of(panel)}, thresholds=("5",))
    assert rows["event"].to_list() == [False, False, False, True, False, None]


def test_probability_says_what_the_forecast_says() -> None:
    panel = panel_of(np.full(50, 10.0), np.full(50, 10.0))
    mean = np.array([[10.0] * H, [-10.0] * H])
    forecast = normal_forecast(mean, np.full((2, H), 1.0), levels=LEVELS)
    rows = low_balance_rows(panel, mean, {"M": forecast}, thresholds=("0", "10"))
    first = rows.filter(pl.col("days") == 7)
    # an account that never moved has paths that do not cross: half of them lie under its median on all days
    assert first["probability"].to_list() == [0.0, 0.5, 1.0, 1.0]


def test_an_account_without_a_forecast_has_no_row() -> None:
    panel = panel_of(noise(7), noise(8))
    forecast = forecast_of(panel)
    quantiles = forecast.quantiles.copy()
    quantiles[0] = np.nan
    holed = Forecast(forecast.mean, quantiles, LEVELS)
    rows = low_balance_rows(panel, np.zeros((2, H)), {"M": holed, "N": forecast}, thresholds=("p10",))
    assert rows.select("unique_id", "model").unique().sort("unique_id", "model").rows() == [
        ("A0000", "N"),
        ("A0001", "M"),
        ("A0001", "N"),
    ]


def test_neighbours_padding_and_other_models_change_nothing() -> None:
    series = [noise(seed, 100 + 7 * seed) for seed in range(300)]
    panel = panel_of(*series, padding=20)
    y = np.stack([noise(seed + 900, H) for seed in range(300)])
    models = {"M": forecast_of(panel), "N": forecast_of(panel, sigma=3.0)}
    rows = low_balance_rows(panel, y, models, thresholds=("p10", "-3"))
    part = panel.take(np.array([299, 3]))
    alone = low_balance_rows(part, y[[299, 3]], {"N": forecast_of(part, sigma=3.0)}, thresholds=("p10", "-3"))
    again = rows.filter(pl.col("unique_id").is_in(["A0003", "A0299"]), pl.col("model") == "N")
    assert again.sort("unique_id", maintain_order=True).equals(alone.sort("unique_id", maintain_order=True))


def test_a_horizon_under_a_week_is_a_window_of_its_own() -> None:
    panel = panel_of(noise(1), noise(2))
    rows = low_balance_rows(panel, np.zeros((2, 5)), {"M": forecast_of(panel, h=5)}, thresholds=("p10",))
    assert rows["days"].to_list() == [5, 5]


def test_a_column_is_a_threshold_for_accounts_that_it_says_an_amount_of() -> None:
    panel = panel_of(noise(1), noise(2))
    told = {"limit": np.array([-3.0, np.nan])}
    y = np.repeat(panel.y[:, -1:], H, axis=1)
    rows = low_balance_rows(panel, y, {"M": forecast_of(panel)}, thresholds=("limit", "-3"), column_amounts=told)
    named = rows.filter(pl.col("threshold") == "limit")
    assert named["unique_id"].unique().to_list() == ["A0000"]
    amounts = rows.filter(pl.col("threshold") == "-3", pl.col("unique_id") == "A0000")
    assert named.drop("threshold").equals(amounts.drop("threshold"))


def test_the_day_is_the_first_one_under_the_threshold_from_1() -> None:
    panel = panel_of(np.full(50, 10.0), np.full(50, 10.0), np.full(50, 4.0))
    y = np.full((3, H), 10.0)
    y[1, 9], y[2] = 4.0, 4.0
    rows = low_balance_rows(panel, y, {"M": forecast_of(panel)}, thresholds=("5",))
    assert rows["day"].to_list() == [None, None, None, 10, 1, 1]
    assert rows["already"].to_list() == [False] * 4 + [True] * 2
    assert rows["amount"].unique().to_list() == [5.0]


def test_what_came_true_is_the_same_without_a_forecast() -> None:
    panel = panel_of(np.full(50, 10.0), np.full(9, 4.0))
    y = np.full((2, H), 10.0)
    y[0, 9], y[1, 9:] = 4.0, np.nan
    rows = low_balance_rows(panel, y, {"M": forecast_of(panel)}, thresholds=("5", "20"))
    found = actual_rows(panel, y, np.array([[5.0, 20.0]] * 2), thresholds=("5", "20"))
    assert found.equals(rows.select(found.columns))
    assert found["event"].to_list() == [False, True, True, True, False, None, True, None]
    assert found["base_rate"].to_list() == [0.0, 0.0, 1.0, 1.0, 1.0, None, 1.0, None]


@pytest.mark.parametrize("thresholds", [("p10",), ()], ids=["no accounts", "no threshold"])
def test_nothing_to_say_is_a_table_without_rows(thresholds: tuple[str, ...]) -> None:
    panel = panel_of(noise(1), noise(2)).take(np.arange(2 - 2 * len(thresholds)))
    forecast = Forecast(np.zeros((len(panel), 30)), np.zeros((len(panel), 30, 2 * len(LEVELS) + 1)), LEVELS)
    rows = low_balance_rows(panel, np.zeros((len(panel), 30)), {"M": forecast}, thresholds=thresholds)
    assert rows.height == 0
    assert dict(rows.schema)["event"] == pl.Boolean
    low = low_balance_of(rows)
    assert calibrate_low_balance(low) == score_low_balance(low) == bin_reliability(low) == ()


def scored_frame() -> pl.DataFrame:
    probability = [0.0, 0.019, 0.02, 0.5, 0.95, 1.0, 0.3]
    event = [False, False, True, True, True, True, None]
    n = len(event)
    return pl.DataFrame(
        {
            "unique_id": [f"A{row // 2}" for row in range(n)],
            "cutoff": [date(2026, 1, 1 + row) for row in range(n)],
            "model": ["M"] * n,
            "threshold": ["p10"] * n,
            "days": [7] * n,
            "probability": probability,
            "base_rate": [0.5] * n,
            "event": event,
        }
    )


def test_the_brier_score_and_its_skill_over_the_base_rate() -> None:
    [score] = score_low_balance(low_balance_of(scored_frame()))
    brier = (0.019**2 + 0.98**2 + 0.5**2 + 0.05**2) / 6
    assert (score.windows, score.accounts) == (6, 3)
    assert (score.event_rate.value, score.base_brier.value) == pytest.approx((4 / 6, 0.25))
    assert score.brier.value == pytest.approx(brier)
    assert score.brier.low < score.brier.value < score.brier.high
    assert score.skill.value == pytest.approx(1 - brier / 0.25)
    assert score.skill.low < score.skill.value < score.skill.high


@pytest.mark.parametrize("probability", [0.0, 0.5])
def test_over_a_base_rate_without_any_error_there_is_no_skill(probability: float) -> None:
    frame = scored_frame().with_columns(event=pl.lit(value=False), base_rate=0.0, probability=probability)
    [score] = score_low_balance(low_balance_of(frame))
    assert (score.brier.value, score.base_brier.value) == (probability**2, 0.0)
    assert np.isnan([score.skill.value, score.skill.low, score.skill.high]).all()


def window_frame(*told: str | None) -> pl.DataFrame:
    """The windows of ``scored_frame``, each with its value of a segment."""
    return scored_frame().select("unique_id", "cutoff").with_columns(kind=pl.Series(told, dtype=pl.String))


def test_the_brier_score_of_a_segment_is_that_of_its_windows_alone() -> None:
    windows = window_frame("x", "x", "y", None, "y", "y", "y")
    frame = pl.concat([scored_frame(), scored_frame().with_columns(model=pl.lit("N"), probability=0.4)])
    m, n, *scores = score_low_balance(low_balance_of(frame, windows.reverse(), segments=["kind"]), ["kind"])
    assert (m.segment, n.segment) == (None, None)
    assert [(one.model, one.segment, one.value, one.accounts, one.windows) for one in scores] == [
        (model, "kind", value, accounts, windows)
        for model in ("M", "N")
        for value, accounts, windows in (("(none)", 1, 1), ("x", 1, 2), ("y", 2, 3))
    ]
    x, y = scores[1:3]
    assert x.brier.value == pytest.approx(0.019**2 / 2)
    assert x.event_rate.value == 0
    assert x.skill.value == pytest.approx(1 - 0.019**2 / 2 / 0.25)
    assert x.skill.ends is None
    assert y.brier.value == pytest.approx((0.98**2 + 0.05**2) / 3)
    assert y.skill.low < y.skill.value < y.skill.high


@pytest.mark.parametrize("most", [1, 2])
def test_values_of_a_segment_are_scored_some_at_a_time(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    frame = pl.concat([scored_frame(), scored_frame().with_columns(model=pl.lit("N"), probability=0.4)])
    low = low_balance_of(frame, window_frame("x", "x", "y", None, "y", "y", "y"), segments=["kind"])
    whole = score_low_balance(low, ["kind"])
    monkeypatch.setattr("forecast_cli.evaluation.reliability._VALUES", most)
    pieces = score_low_balance(low, ["kind"])
    assert [one.model_dump_json() for one in pieces] == [one.model_dump_json() for one in whole]


def test_a_segment_of_all_windows_scores_as_the_whole() -> None:
    low = low_balance_of(scored_frame(), window_frame(*["x"] * 7), segments=["kind"])
    whole, part = score_low_balance(low, ["kind"])
    told = part.model_dump(exclude={"segment", "value"})
    for name, value in whole.model_dump(exclude={"segment", "value"}).items():
        if isinstance(value, dict):
            assert told[name]["value"] == pytest.approx(value["value"])
        else:
            assert told[name] == value


def test_scores_are_in_the_order_of_models() -> None:
    frame = pl.concat([scored_frame().with_columns(model=pl.lit("N"), probability=0.4), scored_frame()])
    assert [score.model for score in score_low_balance(low_balance_of(frame))] == ["M", "N"]


@pytest.mark.parametrize("shards", [2, 3])
def test_scores_do_not_depend_on_the_shards(shards: int) -> None:
    dates = {f"{name}_q{share}": 3 if name == "day" else 0.5 for name in ("day", "reached") for share in (10, 50, 90)}
    frame = scored_frame().with_columns(already=pl.lit(value=False), day=pl.lit(2), **dates)
    frame = pl.concat([frame, frame.with_columns(model=pl.lit("N"), probability=0.4)[:5]])
    windows = window_frame("x", "x", "y", None, "y", "z", "x")
    low, cut = (low_balance_of(frame, windows, segments=["kind"], shards=n) for n in (1, shards))
    assert repr(score_low_balance(cut, ["kind"])) == repr(score_low_balance(low, ["kind"]))
    assert repr(bin_reliability(cut)) == repr(bin_reliability(low))
    assert repr(calibrate_low_balance(cut)) == repr(calibrate_low_balance(low))


def test_bins_hold_their_lower_edge_and_the_last_one_holds_1() -> None:
    bins = bin_reliability(low_balance_of(scored_frame()))
    assert [(one.windows, one.observed) for one in bins] == [(2, 0.0), (1, 1.0), (1, 1.0), (2, 1.0)]
    assert [one.predicted for one in bins] == pytest.approx([0.0095, 0.02, 0.5, 0.975])


def test_bins_are_narrow_near_zero() -> None:
    edges = [0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    probability = [*edges, *(edge - 0.01 for edge in [*edges[1:], 1.0])]
    of_all = {"model": "M", "threshold": "p10", "days": 7, "event": True, "base_rate": 0.5}
    windows = {"unique_id": [f"A{number}" for number in range(len(probability))], "cutoff": date(2026, 1, 1)}
    bins = bin_reliability(low_balance_of(pl.DataFrame(of_all | windows | {"probability": probability})))
    means = [(low + high - 0.01) / 2 for low, high in pairwise([*edges, 1.0])]
    assert [one.windows for one in bins] == [2] * 12
    assert [one.predicted for one in bins] == pytest.approx(means)


def test_budgets_are_of_the_riskiest_windows_of_each_model() -> None:
    event = {"already": False, "event": [True, False], "day": [3, None], "unique_id": ["A0", "A1"]}
    dates = {f"{name}_q{share}": None for name in ("day", "reached") for share in (10, 50, 90)}
    of_all = event | dates | {"cutoff": date(2026, 1, 1), "threshold": "p10", "days": 7, "base_rate": 0.5}
    frame = pl.concat(
        pl.DataFrame(of_all | {"model": model, "probability": probability})
        for model, probability in (("M", [0.9, 0.1]), ("N", [0.2, 0.8]))
    )
    right, wrong = calibrate_low_balance(low_balance_of(frame))
    assert [(budget.share, budget.windows) for budget in right.budgets] == [(0.01, 1), (0.05, 1)]
    for budgets, probability, hits, lead in ((right.budgets, 0.9, 1.0, 3.0), (wrong.budgets, 0.8, 0.0, np.nan)):
        assert budgets[0].probability == probability
        assert (budgets[0].precision.value, budgets[0].recall.value, budgets[0].lift.value) == (hits, hits, 2 * hits)
        np.testing.assert_array_equal(budgets[0].lead, [lead] * 3)
