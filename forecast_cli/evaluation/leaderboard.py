"""Leaderboard: models ranked by scaled CRPS, with what they cost and how often something else took their place."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import account_codes, resample_totals, skill_of
from forecast_cli.evaluation.groups import group_rows
from forecast_cli.evaluation.report import Estimate, LevelFigure, ModelScore
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.scoring import Scored

BASELINE: Final = "SeasonalNaive"
#: The level whose Winkler score is shown, or the nearest to it.
SHOWN_LEVEL: Final = 80.0

_ESTIMATED: Final = ("scrps", "mase", "rmsse")
_COSTS: Final = ("windows", "fallbacks", "cpu_seconds")
_MEANS: Final = ("mae", "rmse", "mean_abs_y", "bias", "crps")


@dataclass(frozen=True)
class _Standing:
    """What stands in a model's row beside its accuracy."""

    model: str
    rank: int
    wins: int
    fallbacks: int
    failures: int
    cpu_seconds: float


def rank_models(scored: Scored, costs: pl.DataFrame, *, season: int) -> tuple[ModelScore, ...]:
    """Return a row for each model of ``costs``, the lowest mean sCRPS over windows with a scale first.

    ``costs`` has columns model, windows (asked for), fallbacks and cpu_seconds, one or more rows for each model, which
    are added up. ``season`` is the backtest's season length: which seasonal naive skill is taken over where there are
    several. Models of one sCRPS are ranked by MASE, then by name; one without any window with a scale comes last, its
    figures NaN.
    """
    wide = scored.wide([*_ESTIMATED, *_MEANS, *level_metrics(scored.levels), _winkler(scored.levels)])
    models = costs[c.MODEL].unique().to_list()
    baseline = choose_baseline(models, season=season)
    reference = wide.filter(pl.col(c.MODEL) == (baseline or ""))
    return tuple(
        _score(wide.filter(pl.col(c.MODEL) == standing.model), reference, standing=standing, scored=scored)
        for standing in _standings(scored, wide, costs)
    )


def choose_baseline(models: Iterable[str], *, season: int) -> str | None:
    """Return the seasonal naive among ``models``: that of the season length, else the first by name, else None."""
    named = sorted(model for model in models if model == BASELINE or model.startswith(f"{BASELINE}("))
    own = [model for model in (BASELINE, f"{BASELINE}({season})") if model in named]
    return next(iter([*own, *named]), None)


def count_wins(wide: pl.DataFrame, keys: Sequence[str]) -> dict[str, int]:
    """Count the accounts on which a model's mean sCRPS is lower than every other's; a tie is nobody's win."""
    accounts = group_rows(wide, [*keys, c.MODEL], within=[CUTOFF])
    means = accounts.with_columns({"scrps": accounts.means(pl.col("scrps"))})
    lowest = means.filter(pl.col("scrps") == pl.col("scrps").min().over(keys))
    alone = lowest.filter(pl.len().over(keys) == 1)
    return dict(alone.group_by(c.MODEL).len().iter_rows())


def level_metrics(levels: Sequence[float]) -> list[str]:
    """Return the metrics that ``level_figures`` needs the means of."""
    return [f"{name}_{c.level_label(level)}" for level in levels for name in ("coverage", "swidth")]


def level_figures(means: dict[str, float], levels: Sequence[float]) -> tuple[LevelFigure, ...]:
    """Return the coverage and scaled width of each level, from means by metric."""
    return tuple(
        LevelFigure(level=level, coverage=means[f"coverage_{label}"], width=means[f"swidth_{label}"])
        for level, label in ((level, c.level_label(level)) for level in levels)
    )


def means_of(windows: pl.DataFrame, metrics: Sequence[str]) -> dict[str, float]:
    """Return the mean of each metric over windows, NaN where there are none."""
    return {metric: float(windows[metric].to_numpy().mean()) if len(windows) else math.nan for metric in metrics}


def _standings(scored: Scored, wide: pl.DataFrame, costs: pl.DataFrame) -> list[_Standing]:
    """Return the models of ``costs`` in the order of their ranks, with what they cost and won."""
    windows, shards = group_rows(wide, [c.MODEL]), group_rows(costs, [c.MODEL])
    means = windows.with_columns({name: windows.means(pl.col(name)) for name in ("scrps", "mase")})
    costs_of = shards.with_columns({name: shards.sums(pl.col(name)) for name in _COSTS})
    ranked = costs_of.join(means, on=c.MODEL, how="left").sort("scrps", "mase", c.MODEL, nulls_last=True)
    wins, forecast = count_wins(wide, scored.keys), _count_forecast(scored)
    return [
        _Standing(
            model=row[c.MODEL],
            rank=rank,
            wins=wins.get(row[c.MODEL], 0),
            fallbacks=int(row["fallbacks"]),
            failures=int(row["windows"]) - forecast.get(row[c.MODEL], 0),
            cpu_seconds=row["cpu_seconds"] / row["windows"] if row["windows"] else math.nan,
        )
        for rank, row in enumerate(ranked.iter_rows(named=True), start=1)
    ]


def _count_forecast(scored: Scored) -> dict[str, int]:
    """Count the windows each model forecast, with a scale or without."""
    windows = scored.scores.select(c.MODEL, *scored.keys, CUTOFF).unique()
    return dict(windows.group_by(c.MODEL).len().iter_rows())


def _score(own: pl.DataFrame, reference: pl.DataFrame, *, standing: _Standing, scored: Scored) -> ModelScore:
    """Return a model's row from its windows, and the seasonal naive's, none where there is no such model."""
    winkler = _winkler(scored.levels)
    means = means_of(own, [*_MEANS, *level_metrics(scored.levels), winkler])
    estimates = _estimate(own, reference, scored)
    return ModelScore(
        model=standing.model,
        rank=standing.rank,
        accounts=own.select(scored.keys).n_unique(),
        windows=own.height,
        scrps=estimates["scrps"],
        skill=estimates.get("skill"),
        mase=estimates["mase"],
        rmsse=estimates["rmsse"],
        mae=means["mae"],
        rmse=means["rmse"],
        # a mean of the windows' ratios could be anything: one balance of about zero is enough
        wape=means["mae"] / means["mean_abs_y"] if means["mean_abs_y"] else math.nan,
        bias=means["bias"],
        crps=means["crps"],
        winkler=means[winkler],
        levels=level_figures(means, scored.levels),
        wins=standing.wins,
        fallbacks=standing.fallbacks,
        failures=standing.failures,
        cpu_seconds=standing.cpu_seconds,
    )


def _estimate(own: pl.DataFrame, reference: pl.DataFrame, scored: Scored) -> dict[str, Estimate]:
    """Return the means that have intervals, and the skill over the windows that the reference has as well."""
    by = [*scored.keys, CUTOFF]
    paired = own.join(
        reference.select(*by, pl.col("scrps").alias("theirs")), on=by, how="left", maintain_order="left"
    ).with_columns(ours=pl.when(pl.col("theirs").is_not_null()).then("scrps"), windows=pl.lit(1.0))
    columns = [*_ESTIMATED, "ours", "theirs", "windows"]
    drawn = resample_totals(
        paired.select(pl.col(columns).fill_null(0.0)).to_numpy(), account_codes(own, scored.keys), seed=scored.seed
    )
    place = {name: number for number, name in enumerate(columns)}
    means = {name: drawn.ratio(place[name], place["windows"]) for name in _ESTIMATED}
    skill = {} if reference.is_empty() else {"skill": skill_of(drawn.ratio(place["ours"], place["theirs"]))}
    return means | skill


def _winkler(levels: Sequence[float]) -> str:
    shown = min(levels, key=lambda level: (abs(level - SHOWN_LEVEL), level))
    return f"swinkler_{c.level_label(shown)}"
