"""Leaderboard and segments: the ranking, the windows it covers, and the counts beside it."""

import math
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
import windowed
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import bootstrap_means, bootstrap_ratios
from forecast_cli.evaluation.leaderboard import choose_baseline, rank_models
from forecast_cli.evaluation.metrics import is_amount, metrics_of
from forecast_cli.evaluation.pooled import Pooled
from forecast_cli.evaluation.report import ModelScore
from forecast_cli.evaluation.scored import Scored
from forecast_cli.evaluation.segment import NO_VALUE
from forecast_cli.evaluation.segment_scores import _pool, score_segments

LAST = date(2026, 3, 31)
LEVELS = (80.0, 95.0)
METRICS = tuple(metrics_of(LEVELS))
Given = dict[tuple[str, str, int], dict[str, float]]


def scored_of(
    given: Given,
    *,
    scales: dict[tuple[str, int], float | None] | None = None,
    seed: int = 3,
    currencies: dict[str, str] | None = None,
    shards: int = 1,
) -> Scored:
    """Scores by model, account and window; a metric not given is 1, a scale not given 10."""
    scales = scales or {}
    figures = pl.DataFrame(
        [
            {"unique_id": account, "model": model, "cutoff": LAST - timedelta(days=30 * window)}
            | {metric: told.get(metric, 1.0) for metric in METRICS}
            for (model, account, window), told in given.items()
        ],
        schema={"unique_id": pl.String, "model": pl.String, "cutoff": pl.Date} | dict.fromkeys(METRICS, pl.Float64),
    )
    keys = sorted({(account, window) for _, account, window in given} | set(scales))
    windows = pl.DataFrame(
        {
            "unique_id": [account for account, _ in keys],
            "cutoff": [LAST - timedelta(days=30 * window) for _, window in keys],
            "scale": pl.Series([scales.get(key, 10.0) for key in keys], dtype=pl.Float64),
            "tenure": ["over 4 years" if account < "b" else "under 1 year" for account, _ in keys],
            "model": [None if window == 2 else "<b>" for _, window in keys],
            "currency": [(currencies or {}).get(account, "EUR") for account, _ in keys],
        }
    )
    return windowed.scored_of(
        windows,
        figures,
        levels=LEVELS,
        segments=["tenure", "model", "currency"],
        currency="currency" if currencies else None,
        seed=seed,
        shards=shards,
    )


def costs_of(*models: str, windows: int = 2) -> pl.DataFrame:
    return pl.DataFrame(
        [(model, windows, place, 0.5) for place, model in enumerate(models)],
        schema=["model", "windows", "fallbacks", "cpu_seconds"],
        orient="row",
    )


def random_scores(models: tuple[str, ...], *, accounts: int = 12) -> Given:
    rng = np.random.default_rng(2)
    keys = [(model, f"a{account:02}", window) for model in models for account in range(accounts) for window in (1, 2)]
    return {key: {metric: float(rng.gamma(2.0)) for metric in METRICS} for key in keys}


def by_model(board: tuple[ModelScore, ...]) -> dict[str, ModelScore]:
    return {row.model: row for row in board}


def test_models_are_ranked_by_scrps_then_mase_then_name() -> None:
    told = {"z": (1.0, 2.0), "y": (1.0, 1.0), "a": (3.0, 0.0), "b": (1.0, 2.0)}
    given = {(model, "a", 1): {"scrps": scrps, "mase": mase} for model, (scrps, mase) in told.items()}
    board = rank_models(scored_of(given), costs_of(*told), season=30)
    assert [(row.rank, row.model) for row in board] == [(1, "y"), (2, "b"), (3, "z"), (4, "a")]


def test_means_are_over_windows_with_a_scale_for_every_metric() -> None:
    given = {("m", "a", 1): {"scrps": 2, "mae": 4, "coverage_80": 0.5}, ("m", "a", 2): {"mae": 6, "coverage_80": 0.9}}
    given[("m", "still", 1)] = {"scrps": None, "mase": None, "mae": 900, "coverage_80": 0.0}
    (row,) = rank_models(scored_of(given, scales={("still", 1): None}), costs_of("m", windows=3), season=30)
    assert [row.of(name).value for name in ("scrps", "mae", "coverage_80")] == pytest.approx([1.5, 5.0, 0.7])
    assert (row.accounts, row.windows, row.failures) == (1, 2, 0)


def test_figures_are_those_of_the_bootstrap_over_accounts() -> None:
    given = random_scores(("Naive", "SeasonalNaive"))
    scored = scored_of(given)
    row = by_model(rank_models(scored, costs_of("Naive", "SeasonalNaive"), season=30))["Naive"]
    keys = sorted((account, -window) for model, account, window in given if model == "Naive")
    own, base = (
        np.array([given[model, account, -window]["scrps"] for account, window in keys])
        for model in ("Naive", "SeasonalNaive")
    )
    codes = np.array([int(account[1:]) for account, _ in keys])
    want = bootstrap_means(own, codes, seed=scored.seed)
    got = row.of("scrps")
    assert (got.low, got.value, got.high) == pytest.approx((want.low, want.value, want.high))
    ratio = bootstrap_ratios(own, base, codes, seed=scored.seed)
    assert row.skill is not None
    assert (row.skill.low, row.skill.value, row.skill.high) == pytest.approx(
        (1 - ratio.high, 1 - ratio.value, 1 - ratio.low)
    )


def test_every_figure_is_over_the_windows_that_all_models_forecast() -> None:
    given = {
        ("SeasonalNaive(30)", "a", 1): {"scrps": 2.0},
        ("m", "a", 1): {"scrps": 1.0},
        ("m", "a", 2): {"scrps": 0.1},
        ("m", "b", 1): {"scrps": 0.1},
    }
    board = rank_models(scored_of(given), costs_of("failed", "m", "SeasonalNaive(30)", windows=3), season=30)
    rows = by_model(board)
    assert [(row.model, row.windows, row.accounts, row.failures) for row in board] == [
        ("m", 1, 1, 0),
        ("SeasonalNaive(30)", 1, 1, 2),
        ("failed", 0, 0, 3),
    ]
    assert [rows[model].of("scrps").value for model in ("m", "SeasonalNaive(30)")] == [1.0, 2.0]
    assert rows["m"].skill is not None
    assert rows["m"].skill.value == pytest.approx(0.5)
    assert rows["SeasonalNaive(30)"].skill is not None
    assert rows["SeasonalNaive(30)"].skill.value == 0
    assert rows["failed"].skill is None


def test_a_model_that_forecasts_only_windows_without_a_scale_leaves_the_others_theirs() -> None:
    given = {
        ("m", "a", 1): {"scrps": 2.0},
        ("m", "still", 1): {"scrps": None},
        ("n", "still", 1): {"scrps": None},
    }
    scored = scored_of(given, scales={("still", 1): None})
    board = rank_models(scored, costs_of("n", "m"), season=30)
    assert scored.models == ("m",)
    assert [(row.model, row.windows, row.failures) for row in board] == [("m", 1, 0), ("n", 0, 1)]
    assert math.isnan(board[1].of("scrps").value)
    assert [(one.model, one.windows) for one in score_segments(scored, ["tenure"], season=30)] == [("m", 1)]


def test_models_that_share_no_window_are_not_told_apart() -> None:
    given = {("m", "a", 1): {"scrps": 1.0}, ("n", "b", 1): {"scrps": 2.0}}
    board = rank_models(scored_of(given), costs_of("m", "n"), season=30)
    assert [(row.model, row.windows, row.wins) for row in board] == [("m", 0, 0), ("n", 0, 0)]
    assert all(math.isnan(row.of("scrps").value) for row in board)
    assert score_segments(scored_of(given), ["tenure"], season=30) == ()


def test_no_seasonal_naive_no_skill() -> None:
    assert rank_models(scored_of({("m", "a", 1): {}}), costs_of("m"), season=30)[0].skill is None


@pytest.mark.parametrize(
    ("models", "season", "want"),
    [
        (["Naive", "SeasonalNaive(7)", "SeasonalNaive(30)"], 30, "SeasonalNaive(30)"),
        (["SeasonalNaive(7)", "SeasonalNaive(30)"], 7, "SeasonalNaive(7)"),
        (["SeasonalNaive(30)", "SeasonalNaive"], 30, "SeasonalNaive"),
        (["SeasonalNaive(7)", "SeasonalNaive(14)"], 30, "SeasonalNaive(14)"),
        (["SeasonalWindowAverage", "Naive", "SeasonalNaiveish"], 30, None),
    ],
)
def test_the_seasonal_naive_of_the_backtests_own_season_comes_first(
    models: list[str], season: int, want: str | None
) -> None:
    assert choose_baseline(models, season=season) == want


def test_wins_are_accounts_and_a_tie_is_nobodys() -> None:
    scrps = {
        ("m", "a", 1): 1.0, ("m", "a", 2): 3.0, ("n", "a", 1): 2.5, ("n", "a", 2): 0.5,
        ("m", "b", 1): 1.0, ("n", "b", 1): 1.0,
        ("m", "c", 1): 1.0, ("n", "c", 1): 2.0,
        ("m", "d", 1): 9.0, ("n", "d", 1): 8.0,
    }  # fmt: skip
    given = {key: {"scrps": value} for key, value in scrps.items()}
    rows = by_model(rank_models(scored_of(given), costs_of("m", "n"), season=30))
    assert (rows["m"].wins, rows["n"].wins) == (1, 2)


def test_costs_of_shards_are_added_up() -> None:
    given = random_scores(("m", "n"), accounts=2)
    costs = pl.concat([costs_of("m", "n"), costs_of("m", "n", windows=4)])
    row = by_model(rank_models(scored_of(given), costs, season=30))["n"]
    assert (row.fallbacks, row.failures) == (2, 2)
    assert row.cpu_seconds == pytest.approx(1.0 / 6)


def test_roots_and_ratios_are_taken_after_the_sums() -> None:
    given = {
        ("m", "a", 1): {"mae": 1.0, "mean_abs_y": 0.0, "wape": None, "rmse": 3.0, "rmsse": 1.0},
        ("m", "b", 1): {"mae": 3.0, "mean_abs_y": 16.0, "wape": 3 / 16, "rmse": 4.0, "rmsse": 7.0},
    }
    (row,) = rank_models(scored_of(given), costs_of("m"), season=30)
    assert [row.of(name).value for name in ("wape", "rmse", "rmsse")] == pytest.approx([0.25, 12.5**0.5, 5.0])
    (whole,) = score_segments(scored_of(given), ["model"], season=30)
    told = {name: found.value for name, found in whole.metrics.items()}
    assert told == pytest.approx({name: found.value for name, found in row.metrics.items()})
    assert set(told) == set(METRICS)


def test_every_figure_has_an_interval_over_accounts() -> None:
    given = random_scores(("m",))
    (row,) = rank_models(scored_of(given), costs_of("m"), season=30)
    for scores in (row, *score_segments(scored_of(given), ["tenure"], season=30)):
        assert all(found.low < found.value < found.high for found in scores.metrics.values())


def test_figures_in_units_of_several_currencies_are_given_by_currency_only() -> None:
    given = random_scores(("m",))
    scored = scored_of(given, currencies={f"a{number:02}": "CZK" for number in range(6)})
    (row,) = rank_models(scored, costs_of("m"), season=30)
    of_units = {name for name, metric in metrics_of(LEVELS).items() if metric.in_units}
    assert {"mae", "rmse", "wape", "bias", "crps", "mean_abs_y", "width_80", "winkler_95", "pinball_0.5"} <= of_units
    assert not {"mase", "rmsse", "sbias", "scrps", "coverage_80", "swidth_80", "swinkler_95"} & of_units
    assert {name for name in of_units if not is_amount(name)} == {"wape"}, "a share of the balance is no amount"
    assert not any(is_amount(name) for name in row.metrics if name not in of_units)
    by_currency = score_segments(scored, ["currency"], season=30)
    assert [(one.value, one.accounts) for one in by_currency] == [("CZK", 6), ("EUR", 6)]
    for scores in (row, *score_segments(scored, ["tenure"], season=30)):
        assert {name for name, found in scores.metrics.items() if math.isnan(found.value)} == of_units
    for scores in by_currency:
        assert not any(math.isnan(found.value) for found in scores.metrics.values())


def test_one_currency_is_no_mixture() -> None:
    scored = scored_of(random_scores(("m",)), currencies={"": "EUR"})
    (row,) = rank_models(scored, costs_of("m"), season=30)
    assert scored.currencies == ("EUR",)
    assert not any(math.isnan(found.value) for found in row.metrics.values())


def test_a_model_without_a_window_is_last_with_no_figures() -> None:
    scored = scored_of({("m", "a", 1): {"scrps": 9.0}})
    board = rank_models(scored, costs_of("failed", "m"), season=30)
    assert [row.model for row in board] == ["m", "failed"]
    failed = board[1]
    assert (failed.windows, failed.accounts, failed.failures, failed.wins) == (0, 0, 2, 0)
    assert set(failed.metrics) == set(METRICS)
    assert all(math.isnan(found.value) for found in failed.metrics.values())
    assert '"value":null' in failed.model_dump_json()


def test_nothing_depends_on_the_order_of_the_costs() -> None:
    scored, costs = scored_of(random_scores(("m", "SeasonalNaive", "n"))), costs_of("m", "SeasonalNaive", "n")
    assert rank_models(scored, costs.reverse(), season=30) == rank_models(scored, costs, season=30)


@pytest.mark.parametrize("shards", [2, 5, 12])
def test_nothing_depends_on_the_shards(shards: int) -> None:
    given = random_scores(("m", "SeasonalNaive", "n"))
    del given["n", "a00", 1], given["m", "a07", 2]
    scales = {("a03", 1): None, ("a11", 2): None}
    whole, cut = scored_of(given, scales=scales), scored_of(given, scales=scales, shards=shards)
    costs = costs_of("m", "SeasonalNaive", "n")
    assert rank_models(cut, costs, season=30) == rank_models(whole, costs, season=30)
    for name in ("tenure", "model", "currency"):
        assert score_segments(cut, [name], season=30) == score_segments(whole, [name], season=30)


def test_segments_hold_the_windows_of_each_value_in_the_order_of_their_bands() -> None:
    given = {
        ("m", "b", 1): {"scrps": 1.0, "mase": 3.0},
        ("m", "a", 1): {"scrps": 2.0, "coverage_95": 0.9},
        ("m", "a", 2): {"scrps": 4.0, "coverage_95": 0.7},
        ("k", "b", 1): {"scrps": 5.0},
        ("k", "a", 1): {"scrps": 5.0},
        ("k", "a", 2): {"scrps": 7.0},
    }
    scores = score_segments(scored_of(given), ["tenure"], season=30)
    assert [(one.value, one.model, one.accounts, one.windows) for one in scores] == [
        ("under 1 year", "k", 1, 1),
        ("under 1 year", "m", 1, 1),
        ("over 4 years", "k", 1, 2),
        ("over 4 years", "m", 1, 2),
    ]
    assert (scores[1].of("scrps").value, scores[1].of("mase").value) == (1.0, 3.0)
    assert (scores[3].of("scrps").value, scores[3].of("coverage_95").value) == pytest.approx((3.0, 0.8))


@pytest.mark.parametrize("most", [1, 2, 3])
def test_segments_are_scored_some_values_at_a_time(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    scored, names = scored_of(random_scores(("m", "SeasonalNaive")), currencies={"a02": "SEK"}), ["currency", "model"]
    whole = score_segments(scored, names, season=30)
    sizes = []

    def pool(scored: Scored, sums: NDArray[np.float64]) -> Pooled:
        sizes.append(len(sums) - 1)
        return _pool(scored, sums)

    monkeypatch.setattr("forecast_cli.evaluation.segment_scores._VALUES", most)
    monkeypatch.setattr("forecast_cli.evaluation.segment_scores._pool", pool)
    for one, other in zip(score_segments(scored, names, season=30), whole, strict=True):
        assert one.model_dump_json(exclude={"excess"}) == other.model_dump_json(exclude={"excess"})
        assert one.excess.value == pytest.approx(other.excess.value, abs=1e-12)
        assert one.excess.bounds == pytest.approx(other.excess.bounds, abs=1e-12, nan_ok=True)
    assert max(sizes) <= most


def test_a_segment_may_be_called_anything_and_lack_values() -> None:
    given: Given = {("m", "a", 1): {}, ("m", "a", 2): {}}
    assert [(one.segment, one.value, one.model) for one in score_segments(scored_of(given), ["model"], season=30)] == [
        ("model", NO_VALUE, "m"),
        ("model", "<b>", "m"),
    ]


def test_windows_without_a_scale_are_in_no_segment() -> None:
    scored = scored_of({("m", "a", 1): {}, ("m", "b", 1): {"scrps": None}}, scales={("b", 1): None})
    assert [(one.value, one.windows) for one in score_segments(scored, ["tenure"], season=30)] == [("over 4 years", 1)]


def test_skill_and_excess_of_a_segment_are_paired_over_the_same_drawn_accounts() -> None:
    """The model is a tenth better than the naive on every account, and the accounts are far apart."""
    size = {f"{half}{number}": float(3**number) for half in "ab" for number in range(6)}
    given = {
        (name, account, 1): {"scrps": factor * base * (2 if account > "b" else 1)}
        for name, factor in (("m", 0.9), ("SeasonalNaive", 1.0))
        for account, base in size.items()
    }
    scores = [one for one in score_segments(scored_of(given), ["tenure"], season=30) if one.model == "m"]
    assert [one.value for one in scores] == ["under 1 year", "over 4 years"]
    for one in scores:
        assert one.skill is not None
        assert (one.skill.low, one.skill.value, one.skill.high) == pytest.approx((0.1, 0.1, 0.1))
        assert one.of("scrps").high > 1.5 * one.of("scrps").low
    assert [one.excess.value for one in scores] == pytest.approx([1 / 3, -1 / 3])
    assert all(one.skill is None for one in score_segments(scored_of({("m", "a", 1): {}}), ["tenure"], season=30))
