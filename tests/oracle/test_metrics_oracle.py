"""The metrics against slow loops over days, and against utilsforecast for those that it has."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from utilsforecast import losses

from forecast_cli.data.panel import Panel
from forecast_cli.evaluation.facts import window_facts
from forecast_cli.evaluation.metrics import metrics_of
from forecast_cli.evaluation.scoring import long_scores, score_days
from forecast_cli.evaluation.steps import add_tallies, score_steps

FIRST_CUTOFF = date(2026, 1, 31)
LEVEL_SETS = ((20.0, 40.0, 60.0, 80.0), (20.0, 40.0, 60.0, 80.0, 95.0), (20.0, 33.3, 40.0, 60.0, 80.0, 99.9))
DECILES = {0.1: "lo_80", 0.2: "lo_60", 0.3: "lo_40", 0.4: "lo_20", 0.5: "median"} | {
    0.6: "hi_20", 0.7: "hi_40", 0.8: "hi_60", 0.9: "hi_80",
}  # fmt: skip

cents = st.integers(-10_000_00, 10_000_00).map(lambda n: n / 100)


@dataclass(frozen=True)
class Case:
    rows: pl.DataFrame
    windows: pl.DataFrame
    levels: tuple[float, ...]


def scores_of(case: Case) -> pl.DataFrame:
    figures = score_days(case.rows, case.windows, levels=case.levels, keys=["unique_id"]).figures
    return long_scores(figures, metrics_of(case.levels))


def columns_of(levels: Sequence[float]) -> list[str]:
    return [*(f"lo_{level:g}" for level in reversed(levels)), "median", *(f"hi_{level:g}" for level in levels)]


@st.composite
def cases(draw: st.DrawFn, *, all_known: bool = False) -> Case:
    """One to three accounts, one or two windows, two models, one to five days; some days and scales unknown."""
    levels = draw(st.sampled_from(LEVEL_SETS))
    h, known = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows, windows = [], []
    for account in "abc"[: draw(st.integers(1, 3))]:
        for cutoff in (FIRST_CUTOFF, FIRST_CUTOFF - timedelta(days=30))[: draw(st.integers(1, 2))]:
            scale = draw(st.none() | st.floats(0.01, 1e4))
            windows.append((account, cutoff, 100, scale, None if scale is None else scale * draw(st.floats(1, 3))))
            truth = [drawn(rng) if all_known or day < known else None for day in range(h)]
            rows += [
                (account, cutoff, cutoff + timedelta(days=day + 1), day + 1, model, *forecast(rng, levels, y), y)
                for model in ("m1", "m2")
                for day, y in enumerate(truth)
            ]
    names = ["unique_id", "cutoff", "ds", "step", "model", "mean", *columns_of(levels), "y"]
    floats = dict.fromkeys(["mean", *columns_of(levels), "y"], pl.Float64)
    scales = {"scale": pl.Float64, "scale_rms": pl.Float64}
    return Case(
        pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None).cast(floats),
        pl.DataFrame(windows, schema=["unique_id", "cutoff", "n_train", *scales], orient="row").cast(scales),
        levels,
    )


def drawn(rng: np.random.Generator) -> float:
    """A balance in cents: small, large, negative, often zero."""
    return float(np.round(rng.normal(0, 10.0 ** rng.integers(-2, 6)), 2) * (rng.random() < 0.9))


def forecast(rng: np.random.Generator, levels: Sequence[float], y: float | None) -> list[float]:
    """A mean, and quantiles in order, one of them now and then the truth to the cent."""
    quantiles = [drawn(rng) for _ in columns_of(levels)]
    if y is not None and rng.random() < 0.3:
        quantiles[0] = y
    return [drawn(rng), *sorted(quantiles)]


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def pinball_slowly(y: float, q: float, probability: float) -> float:
    return probability * (y - q) if y >= q else (1 - probability) * (q - y)


def winkler_slowly(y: float, low: float, high: float, level: float) -> float:
    alpha = (100 - level) / 100
    if y < low:
        return high - low + 2 / alpha * (low - y)
    return high - low + (2 / alpha * (y - high) if y > high else 0.0)


def crps_slowly(day: dict[str, Any]) -> float:
    return 2 * mean([pinball_slowly(day["y"], day[column], q) for q, column in DECILES.items()])


def score_slowly(
    days: list[dict[str, Any]], window: dict[str, Any], levels: Sequence[float]
) -> dict[str, float | None]:
    """Every metric of one window of one model, from the days whose balance is known."""
    scale, scale_rms = window["scale"], window["scale_rms"]
    mae = mean([abs(day["y"] - day["median"]) for day in days])
    rmse = math.sqrt(mean([(day["y"] - day["mean"]) ** 2 for day in days]))
    size = math.fsum(abs(day["y"]) for day in days)
    bias, crps = mean([day["mean"] - day["y"] for day in days]), mean([crps_slowly(day) for day in days])
    scores: dict[str, float | None] = {
        "mae": mae, "mase": mae / scale if scale else None,
        "rmse": rmse, "rmsse": rmse / scale_rms if scale else None,
        "wape": mae * len(days) / size if size else None, "mean_abs_y": size / len(days),
        "bias": bias, "sbias": bias / scale if scale else None,
        "crps": crps, "scrps": crps / scale if scale else None,
    }  # fmt: skip
    for level in levels:
        bounds = [(day["y"], day[f"lo_{level:g}"], day[f"hi_{level:g}"]) for day in days]
        width, winkler = (
            mean([high - low for _, low, high in bounds]),
            mean([winkler_slowly(*day, level) for day in bounds]),
        )
        scores |= {
            f"coverage_{level:g}": mean([float(low <= y <= high) for y, low, high in bounds]),
            f"width_{level:g}": width, f"swidth_{level:g}": width / scale if scale else None,
            f"winkler_{level:g}": winkler, f"swinkler_{level:g}": winkler / scale if scale else None,
        }  # fmt: skip
        for probability, column in (((100 - level) / 200, f"lo_{level:g}"), ((100 + level) / 200, f"hi_{level:g}")):
            losses_ = [pinball_slowly(day["y"], day[column], probability) for day in days]
            scores[f"pinball_{round(probability, 9):g}"] = mean(losses_)
    return scores | {"pinball_0.5": mae / 2}


def over_windows_slowly(name: str, windows: list[dict[str, Any]]) -> Any:
    """A metric over many windows: sums first, then the root or the ratio."""
    if name in {"rmse", "rmsse"}:
        want = math.sqrt(mean([window[name] ** 2 for window in windows]))
    elif name == "wape":
        size = math.fsum(window["mean_abs_y"] for window in windows)
        want = math.fsum(window["mae"] for window in windows) / size if size else math.nan
    else:
        want = mean([window[name] for window in windows])
    return pytest.approx(want, rel=1e-9, abs=1e-9, nan_ok=True)


def same(want: float | None) -> Any:
    return None if want is None else pytest.approx(want, rel=1e-9, abs=1e-9)


@settings(max_examples=60)
@given(cases())
def test_scores_are_those_of_slow_loops(case: Case) -> None:
    scores = scores_of(case)
    got = {key: {} for key in scores.select("unique_id", "model", "cutoff").unique().iter_rows()}
    for account, model, cutoff, metric, value in scores.iter_rows():
        got[account, model, cutoff][metric] = value
    windows = {(row["unique_id"], row["cutoff"]): row for row in case.windows.iter_rows(named=True)}
    known = case.rows.filter(pl.col("y").is_not_null())
    groups = known.partition_by("unique_id", "model", "cutoff", as_dict=True)
    assert set(got) == set(groups)
    for (account, model, cutoff), days in groups.items():
        want = score_slowly(days.to_dicts(), windows[account, cutoff], case.levels)
        assert got[account, model, cutoff] == {metric: same(value) for metric, value in want.items()}


@settings(max_examples=40)
@given(cases(), st.data())
def test_steps_are_those_of_slow_loops_in_any_number_of_shards(case: Case, data: st.DataObject) -> None:
    shard = {account: data.draw(st.integers(0, 1)) for account in "abc"}
    parts = [
        score_days(
            case.rows.filter(pl.col("unique_id").replace_strict(shard, return_dtype=pl.Int64) == number),
            case.windows,
            levels=case.levels,
            keys=["unique_id"],
        ).steps
        for number in (0, 1)
    ]
    windows = {(row["unique_id"], row["cutoff"]): row for row in case.windows.iter_rows(named=True)}
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for day in case.rows.iter_rows(named=True):
        window = windows[day["unique_id"], day["cutoff"]]
        if day["y"] is not None and window["scale"] is not None:
            # each day as a window of its own: its figures are the values that are added up
            values = score_slowly([day], window, case.levels)
            groups.setdefault((day["model"], day["step"]), []).append(values | {"account": day["unique_id"]})
    steps = list(score_steps(add_tallies(parts), metrics_of(case.levels), mixed=False, seed=0))
    assert [(step.model, step.step) for step in steps] == sorted(groups)
    for step in steps:
        days = groups[step.model, step.step]
        assert (step.windows, step.accounts) == (len(days), len({day["account"] for day in days}))
        for name, found in step.metrics.items():
            assert found.value == over_windows_slowly(name, days), name


@settings(max_examples=25)
@given(cases(all_known=True))
def test_scores_are_those_of_utilsforecast(case: Case) -> None:
    ours = scores_of(case)
    rows = case.rows.filter(pl.col("model") == "m1").rename(
        {f"{side}_80": f"median-{side}-80" for side in ("lo", "hi")}
    )
    deciles = [f"median-{column.replace('_', '-')}" if "80" in column else column for column in DECILES.values()]
    theirs = {
        "mae": losses.mae(rows, ["median"]),
        "rmse": losses.rmse(rows, ["mean"]),
        "bias": losses.bias(rows, ["mean"]),
        "coverage_80": losses.coverage(rows, ["median"], level=80),
        "winkler_80": losses.winkler_score(rows, ["median"], level=80),
        "pinball_0.1": losses.quantile_loss(rows, {"median": "median-lo-80"}, q=0.1),
        "crps": losses.mqloss(rows, {"median": deciles}, quantiles=np.array(list(DECILES))).with_columns(
            pl.col("median") * 2
        ),
        "pinball_0.7": losses.quantile_loss(rows, {"median": "hi_40"}, q=0.7),
    }
    if (rows.group_by("unique_id", "cutoff").agg(pl.col("y").abs().sum())["y"] > 0).all():
        theirs["wape"] = losses.wape(rows, ["median"])
    for metric, frame in theirs.items():
        mine = ours.filter(metric=metric, model="m1").select("unique_id", "cutoff", "value")
        joined = frame.join(mine, on=["unique_id", "cutoff"])
        column = "mean" if metric in {"rmse", "bias"} else "median"
        assert len(joined) == len(mine) == len(frame)
        assert joined["value"].to_list() == pytest.approx(joined[column].to_list(), rel=1e-9, abs=1e-9), metric


@settings(max_examples=25)
@given(st.lists(cents, min_size=31, max_size=40), st.integers(1, 30), st.lists(cents, min_size=1, max_size=6))
def test_scaled_errors_are_those_of_utilsforecast(train: list[float], lag: int, truth: list[float]) -> None:
    origin = np.datetime64("2026-01-31")
    panel = Panel(pl.Series("unique_id", ["a"]), np.array([train]), np.array([len(train)]), np.array([origin]))
    windows = window_facts(panel, lag=lag)
    assume(windows["scale"].item() is not None)
    h, cutoff, quantiles = len(truth), FIRST_CUTOFF, columns_of(LEVEL_SETS[0])
    rows = pl.DataFrame(
        {
            "unique_id": ["a"] * h,
            "cutoff": [cutoff] * h,
            "ds": [cutoff + timedelta(days=day + 1) for day in range(h)],
            "step": range(1, h + 1),
            "model": ["m"] * h,
            **{column: [train[-1]] * h for column in ("mean", *quantiles)},
            "y": truth,
        }
    )
    history = pl.DataFrame(
        {
            "unique_id": ["a"] * len(train),
            "ds": [cutoff - timedelta(days=back) for back in range(len(train) - 1, -1, -1)],
            "y": train,
        }
    )
    ours = scores_of(Case(rows, windows, LEVEL_SETS[0]))
    for metric, loss in (("mase", losses.mase), ("rmsse", losses.rmsse)):
        want = loss(rows, ["median"], seasonality=lag, train_df=history)["median"].item()
        assert ours.filter(metric=metric)["value"].item() == pytest.approx(want, rel=1e-9)
