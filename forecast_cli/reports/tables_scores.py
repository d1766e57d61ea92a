"""Tables of what a backtest measured: the leaderboard, the steps, the segments, the low balances."""

from collections.abc import Callable, Sequence
from typing import Final

from forecast_cli.core.columns import level_label
from forecast_cli.evaluation.report import LevelFigure, ModelScore, Report, SegmentScore, StepScore
from forecast_cli.reports.tables import (
    NONE,
    Cell,
    Column,
    Table,
    count,
    cpu,
    estimate,
    made_table,
    money,
    scaled,
    share,
    share_estimate,
    words,
)

SCRPS_HELP: Final = "scaled continuous ranked probability score: error of the whole forecast, lower is better"
_USUAL_LEVEL: Final = 80.0


def levels_told(report: Report) -> tuple[float, ...]:
    """Return the levels to tell of: those asked for, or all that were scored where the settings do not say."""
    scored = {figure.level for model in report.leaderboard for figure in model.levels}
    asked = report.facts.settings.get("level")
    wanted = {float(level) for level in asked if isinstance(level, int | float)} if isinstance(asked, list) else set()
    return tuple(sorted(scored & wanted or scored))


def usual_level(levels: Sequence[float]) -> float | None:
    """Return the level nearest to 80: the one to show where there is room for one."""
    return min(levels, key=lambda level: (abs(level - _USUAL_LEVEL), level), default=None)


def level_figure(figures: Sequence[LevelFigure], level: float) -> LevelFigure | None:
    """Return what was measured of ``level``."""
    return next((figure for figure in figures if figure.level == level), None)


def leaderboard_table(report: Report) -> Table:
    """Return the models by rank: error, coverage, who won, what failed, what it cost."""
    levels = levels_told(report)
    columns = (
        Column("Rank", numeric=True),
        Column("Model"),
        Column("sCRPS", numeric=True, help=f"{SCRPS_HELP}; with its 95 % interval"),
        Column("Skill", numeric=True, help="share of the seasonal naive's sCRPS saved; with its 95 % interval"),
        Column("MASE", numeric=True, help="mean absolute scaled error of the median"),
        *_coverage_columns(levels),
        Column("Wins", numeric=True, help="accounts on which it has the lowest sCRPS of all"),
        Column("Fallbacks", numeric=True, help="windows in which a simpler model took its place"),
        Column("Failures", numeric=True, help="windows without a forecast"),
        Column("CPU", numeric=True, help="CPU time an account and window, fit and forecast"),
    )
    rows = [(*_standing(model), *_coverage(model.levels, levels), *_cost(model)) for model in report.leaderboard]
    return made_table("leaderboard", "Models by sCRPS, the best first", columns, rows)


def metrics_table(report: Report) -> Table:
    """Return every other metric of every model."""
    rows = [(words(model.model), *(shown(model) for _, shown in _METRICS)) for model in report.leaderboard]
    return made_table("metrics", "All other metrics", (Column("Model"), *(column for column, _ in _METRICS)), rows)


def levels_table(report: Report) -> Table:
    """Return coverage and width of every level that was scored, by model."""
    levels = sorted({figure.level for model in report.leaderboard for figure in model.levels})
    columns = (
        Column("Level", numeric=True, help="the share of what came that an interval is to hold"),
        Column("Model"),
        Column("Observed", numeric=True, help="the share of what came that it held"),
        Column("Width", numeric=True, help="mean width, in units of the scale"),
    )
    rows = [
        (Cell(f"{level_label(level)} %", level), words(model.model), share(figure.coverage), scaled(figure.width))
        for level in levels
        for model in report.leaderboard
        if (figure := level_figure(model.levels, level))
    ]
    return made_table("levels", "Coverage and width by level", columns, rows)


def steps_table(
    report: Report, *, key: str, caption: str, shown: Callable[[StepScore], Cell], steps: Sequence[int] | None = None
) -> Table:
    """Return one figure by day of the horizon, a column for each model; ``steps`` where not all are to be shown."""
    models = [model.model for model in report.leaderboard]
    found = {(score.step, score.model): score for score in report.steps}
    days = sorted({score.step for score in report.steps})
    columns = (Column("Day", numeric=True), *(Column(words(model).text, numeric=True) for model in models))
    rows = [
        (count(day), *(shown(found[day, model]) if (day, model) in found else Cell(NONE) for model in models))
        for day in days
        if steps is None or day in steps
    ]
    return made_table(key, caption, columns, rows)


def segments_table(report: Report, *, model: str | None = None, most: int = 400) -> Table:
    """Return error, coverage and width by segment, of one model or of all."""
    levels = levels_told(report)
    width = usual_level(levels)
    columns = (
        Column("Segment"),
        Column("Value"),
        *(() if model else (Column("Model"),)),
        Column("Accounts", numeric=True),
        Column("Windows", numeric=True),
        Column("sCRPS", numeric=True, help=f"{SCRPS_HELP}; with its 95 % interval"),
        Column("MASE", numeric=True, help="mean absolute scaled error of the median"),
        *_coverage_columns(levels),
        *(
            ()
            if width is None
            else (Column(f"Width {level_label(width)}", numeric=True, help="in units of the scale"),)
        ),
    )
    rows = [_segment(score, levels, named=not model) for score in report.segments if model in (None, score.model)]
    key, caption = (
        ("segments", f"{words(model).text} by segment") if model else ("segments-all", "All models by segment")
    )
    return made_table(key, caption, columns, rows, most=most)


def low_balance_table(report: Report) -> Table:
    """Return how good each model's probability of running low is."""
    columns = (
        Column("Model"),
        Column("Threshold"),
        Column("Days", numeric=True, help="the low point of the first so many days"),
        Column("Windows", numeric=True),
        Column("Event rate", numeric=True, help="windows in which the balance went under the threshold"),
        Column("Brier", numeric=True, help="mean squared error of the probability, lower is better"),
        Column("Base Brier", numeric=True, help="that of the account's own base rate"),
        Column("Skill", numeric=True, help="share of the base Brier saved; with its 95 % interval"),
    )
    rows = [
        (
            words(score.model),
            words(score.threshold),
            count(score.days),
            count(score.windows),
            share(score.event_rate),
            scaled(score.brier),
            scaled(score.base_brier),
            share_estimate(score.skill),
        )
        for score in report.low_balance
    ]
    return made_table("low-balance", "Probability of a low balance", columns, rows)


_METRICS: Final[tuple[tuple[Column, Callable[[ModelScore], Cell]], ...]] = (
    (Column("Accounts", numeric=True, help="accounts scored"), lambda model: count(model.accounts)),
    (Column("Windows", numeric=True, help="windows scored"), lambda model: count(model.windows)),
    (Column("RMSSE", numeric=True, help="root mean squared scaled error"), lambda model: estimate(model.rmsse)),
    (
        Column("Winkler", numeric=True, help="score of the interval nearest to 80 %, in units of the scale"),
        lambda model: scaled(model.winkler),
    ),
    (Column("WAPE", numeric=True, help="absolute error over absolute balance"), lambda model: share(model.wape)),
    (Column("Bias", numeric=True, help="mean error, in units of the balance"), lambda model: money(model.bias)),
    (Column("MAE", numeric=True, help="mean absolute error, in units of the balance"), lambda model: money(model.mae)),
    (
        Column("RMSE", numeric=True, help="root mean squared error, in units of the balance"),
        lambda model: money(model.rmse),
    ),
    (Column("CRPS", numeric=True, help="in units of the balance"), lambda model: money(model.crps)),
)


def _standing(model: ModelScore) -> tuple[Cell, ...]:
    name, skill = words(model.model), share_estimate(model.skill)
    return count(model.rank), name, estimate(model.scrps), skill, scaled(model.mase.value)


def _cost(model: ModelScore) -> tuple[Cell, ...]:
    return count(model.wins), count(model.fallbacks), count(model.failures), cpu(model.cpu_seconds)


def _coverage_columns(levels: Sequence[float]) -> tuple[Column, ...]:
    return tuple(
        Column(
            f"In {level_label(level)} %",
            numeric=True,
            help=f"share of what came inside the {level_label(level)} % interval",
        )
        for level in levels
    )


def _coverage(figures: Sequence[LevelFigure], levels: Sequence[float]) -> tuple[Cell, ...]:
    found = [level_figure(figures, level) for level in levels]
    return tuple(share(figure.coverage) if figure else Cell(NONE) for figure in found)


def _segment(score: SegmentScore, levels: Sequence[float], *, named: bool) -> tuple[Cell, ...]:
    width = usual_level(levels)
    figure = None if width is None else level_figure(score.levels, width)
    return (
        words(score.segment),
        words(score.value),
        *((words(score.model),) if named else ()),
        count(score.accounts),
        count(score.windows),
        estimate(score.scrps),
        scaled(score.mase),
        *_coverage(score.levels, levels),
        *(() if width is None else (scaled(figure.width) if figure else Cell(NONE),)),
    )
