"""Tables of a backtest's scores: the leaderboard, levels and steps."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from forecast_cli.core.columns import level_label
from forecast_cli.evaluation.report import Estimate, Figures, ModelScore, Report, StepScore
from forecast_cli.evaluation.sentences import DESCRIBED_LEVEL
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import listed
from forecast_cli.reports.tables import (
    NONE,
    Cell,
    Column,
    Table,
    build_table,
    count,
    cpu,
    estimate,
    money_estimate,
    share_estimate,
    text_cell,
)

SCRPS_HELP: Final = "scaled continuous ranked probability score: error of the whole forecast, lower is better"
_INTERVAL: Final = "beneath, its 95 % interval"
_OF_BALANCE: Final = "in units of the balance"


@dataclass(frozen=True)
class MetricColumn:
    """A metric with its own column, and the function that formats its figure."""

    metric: str
    column: Column
    shown: Callable[[Estimate], Cell] = estimate

    def cell(self, figures: Figures) -> Cell:
        """Return the metric and its interval for a part of the windows."""
        return self.shown(figures.of(self.metric))


_SCRPS: Final = MetricColumn("scrps", Column("sCRPS", numeric=True, help=f"{SCRPS_HELP}; {_INTERVAL}"))
_MASE: Final = MetricColumn("mase", Column("MASE", numeric=True, help="mean absolute scaled error of the median"))
_RMSSE: Final = MetricColumn("rmsse", Column("RMSSE", numeric=True, help="root mean squared scaled error of the mean"))
_BIAS: Final = MetricColumn(
    "sbias", Column("Bias", numeric=True, help="above zero where too much is forecast, in units of the scale")
)
#: Metrics in units of the balance.
IN_UNITS: Final = (
    MetricColumn("mae", Column("MAE", numeric=True, help=f"mean absolute error, {_OF_BALANCE}"), money_estimate),
    MetricColumn("rmse", Column("RMSE", numeric=True, help=f"root mean squared error, {_OF_BALANCE}"), money_estimate),
    MetricColumn("crps", Column("CRPS", numeric=True, help=_OF_BALANCE), money_estimate),
    MetricColumn(
        "bias", Column("Mean error", numeric=True, help=f"above zero: too much, {_OF_BALANCE}"), money_estimate
    ),
    MetricColumn("wape", Column("WAPE", numeric=True, help="absolute error over absolute balance"), share_estimate),
)


def levels_shown(report: Report) -> tuple[float, ...]:
    """Return the levels to show: those requested, or all levels if the settings do not contain them."""
    asked = {*report.facts.settings.get("level", ())}
    return tuple(sorted({*report.levels} & asked or report.levels))


def default_level(levels: Sequence[float]) -> float | None:
    """Return the level nearest to 80, for tables with room for one level; None if there is no level."""
    return min(levels, key=lambda level: (abs(level - DESCRIBED_LEVEL), level), default=None)


def metric_columns(report: Report) -> tuple[MetricColumn, ...]:
    """Return the metrics to show for a part of the windows: error, coverage, width and bias."""
    return (_SCRPS, _MASE, _RMSSE, *_coverages(report), *_widths(report), _BIAS)


def leaderboard_table(report: Report) -> Table:
    """Return the models by rank: error, coverage, wins, failures and cost."""
    coverages = _coverages(report)
    columns = (
        Column("Rank", numeric=True),
        Column("Model"),
        _SCRPS.column,
        Column("Skill", numeric=True, help="share of the seasonal naive's sCRPS saved; with its 95 % interval"),
        _MASE.column,
        *(one.column for one in coverages),
        Column("Wins", numeric=True, help="accounts on which it has the lowest sCRPS of all"),
        Column("Fallbacks", numeric=True, help="windows in which a simpler model took its place"),
        Column("Failures", numeric=True, help="windows without a forecast"),
        Column("CPU", numeric=True, help="CPU time per account and window, fit and forecast"),
    )
    rows = [(*_standing(model), *(one.cell(model) for one in coverages), *_cost(model)) for model in report.leaderboard]
    return build_table("leaderboard", "Models by sCRPS, the best first", columns, rows)


def metrics_table(report: Report) -> Table:
    """Return the other metrics of every model; those in units of the balance only if all balances share a currency."""
    mixed = len(report.facts.currencies) > 1
    shown = (
        _RMSSE,
        *_widths(report),
        *_scaled_interval(report, "swinkler", "Winkler", "width and misses of the interval, in units of the scale"),
        _BIAS,
        *(() if mixed else IN_UNITS),
    )
    counts = (Column("Accounts", numeric=True, help="accounts scored"), Column("Windows", numeric=True))
    rows = [
        (text_cell(model.model), *(one.cell(model) for one in shown), count(model.accounts), count(model.windows))
        for model in report.leaderboard
    ]
    columns = (Column("Model"), *(one.column for one in shown), *counts)
    return build_table("metrics", "Other metrics", columns, rows, note=why_no_units(report))


def why_no_units(report: Report) -> str:
    """Return a sentence on why there are no means in units of the balance; empty if there are."""
    currencies = report.facts.currencies
    if len(currencies) < 2:
        return ""
    return (
        f"Balances are in {len(currencies)} currencies ({listed(currencies)}): MAE, RMSE, CRPS, mean error and WAPE "
        "have no mean over all of them, and are shown by currency."
    )


def levels_table(report: Report) -> Table:
    """Return coverage, width and Winkler score of every forecast level, by model."""
    columns = (
        Column("Level", numeric=True, help="the share of actual balances that an interval should hold"),
        Column("Model"),
        Column("Observed", numeric=True, help=f"the share of actual balances that it held; {_INTERVAL}"),
        Column("Width", numeric=True, help="mean width, in units of the scale"),
        Column("Winkler", numeric=True, help="width and misses in one score, in units of the scale; lower is better"),
    )
    rows = [
        (
            Cell(f"{level_label(level)} %", level),
            text_cell(model.model),
            share_estimate(model.of(f"coverage_{level_label(level)}")),
            estimate(model.of(f"swidth_{level_label(level)}")),
            estimate(model.of(f"swinkler_{level_label(level)}")),
        )
        for level in report.levels
        for model in report.leaderboard
    ]
    return build_table("levels", "Coverage, width and Winkler score by level", columns, rows)


def days_shown(report: Report, most: int) -> tuple[int, ...]:
    """Return at most ``most`` days of the horizon, evenly spaced, including the first and the last."""
    days = sorted({score.step for score in report.steps})
    if len(days) <= most:
        return tuple(days)
    return tuple(dict.fromkeys(days[round(place * (len(days) - 1) / (most - 1))] for place in range(most)))


def steps_table(
    report: Report, *, key: str, caption: str, shown: Callable[[StepScore], Cell], steps: Sequence[int] | None = None
) -> Table:
    """Return one figure by day of the horizon, with a column for each model; ``steps`` None shows all days."""
    models = [model.model for model in report.leaderboard]
    found = {(score.step, score.model): score for score in report.steps}
    days = sorted({score.step for score in report.steps})
    columns = (Column("Day", numeric=True), *(Column(printable(model), numeric=True) for model in models))
    rows = [
        (count(day), *(shown(found[day, model]) if (day, model) in found else Cell(NONE) for model in models))
        for day in days
        if steps is None or day in steps
    ]
    return build_table(key, caption, columns, rows)


def step_figures_table(report: Report, *, model: str | None, most: int) -> Table:
    """Return a model's metrics on at most ``most`` days of the horizon."""
    metrics, days = metric_columns(report), days_shown(report, most)
    columns = (Column("Day", numeric=True), *(one.column for one in metrics), Column("Windows", numeric=True))
    rows = [
        (count(score.step), *(one.cell(score) for one in metrics), count(score.windows))
        for score in report.steps
        if score.model == model and score.step in days
    ]
    note = "steps.parquet holds every metric of every model and day." if rows else ""
    return build_table("step-figures", f"{printable(model)} by day ahead", columns, rows, note=note)


def ranks_of(report: Report) -> dict[str, int]:
    """Return each model's position on the leaderboard, from 0."""
    return {score.model: place for place, score in enumerate(report.leaderboard)}


def skill_cell(skill: Estimate | None) -> Cell:
    """Return a skill and its interval; the seasonal naive, with skill 0 by definition, is marked as the reference."""
    itself = skill is not None and skill.value == 0 and skill.bounds == (0.0, 0.0)
    return Cell("0.0 %", 0.0, "the reference") if itself else share_estimate(skill)


def _standing(model: ModelScore) -> tuple[Cell, ...]:
    figures = (_SCRPS.cell(model), skill_cell(model.skill), _MASE.cell(model))
    return count(model.rank), text_cell(model.model), *figures


def _cost(model: ModelScore) -> tuple[Cell, ...]:
    return count(model.wins), count(model.fallbacks), count(model.failures), cpu(model.cpu_seconds)


def _coverages(report: Report) -> tuple[MetricColumn, ...]:
    labels = [level_label(level) for level in levels_shown(report)]
    return tuple(
        MetricColumn(
            f"coverage_{label}",
            Column(f"In {label} %", numeric=True, help=f"share of actual balances inside the {label} % interval"),
            share_estimate,
        )
        for label in labels
    )


def _widths(report: Report) -> tuple[MetricColumn, ...]:
    return _scaled_interval(report, "swidth", "Width", "mean width of the interval, in units of the scale")


def _scaled_interval(report: Report, metric: str, title: str, meaning: str) -> tuple[MetricColumn, ...]:
    level = default_level(levels_shown(report))
    if level is None:
        return ()
    label = level_label(level)
    return (MetricColumn(f"{metric}_{label}", Column(f"{title} {label}", numeric=True, help=meaning)),)
