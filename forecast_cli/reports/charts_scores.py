"""Charts of a backtest's scores: error and width by day, coverage by level and by day, reliability."""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import altair as alt

from forecast_cli.core.columns import level_label
from forecast_cli.core.text import counted
from forecast_cli.evaluation.report import ReliabilityBin, Report, StepScore
from forecast_cli.reports.charts import MOST_SERIES, Axis, Chart, build_chart, diagonal, line_layer, rule_at
from forecast_cli.reports.escape import printable
from forecast_cli.reports.tables import NONE, Cell, Column, build_table, count, scaled_cell, share, text_cell
from forecast_cli.reports.tables_scores import default_level, levels_shown, steps_table

_WHOLE: Final = (0.0, 100.0)
MOST_RELIABILITY: Final = 6
#: Fewest windows of a reliability bin that is drawn.
FEWEST: Final = 20

Shown = Callable[[StepScore], Cell]


def models_drawn(report: Report) -> tuple[str, ...]:
    """Return the models that get a line: the first of the leaderboard, as many as can be told apart."""
    return tuple(model.model for model in report.leaderboard[:MOST_SERIES])


def error_charts(report: Report) -> tuple[Chart, ...]:
    """Return charts of the error by day of the horizon: sCRPS of the forecast, and MASE of its median."""
    if not report.steps:
        return ()
    return tuple(
        _by_day(report, metric, key=f"{metric}-by-day", title=f"{name} by day ahead")
        for metric, name in (("scrps", "sCRPS"), ("mase", "MASE"))
    )


def interval_charts(report: Report) -> tuple[Chart, ...]:
    """Return charts of coverage by level, of coverage by day for each level shown, and of width by day."""
    levels = levels_shown(report)
    main = default_level(levels)
    if main is None:
        return ()
    by_level = [_coverage_by_level(report, main)] if report.leaderboard else []
    if not report.steps:
        return tuple(by_level)
    return (*by_level, *(_coverage_by_day(report, level) for level in levels), _width_by_day(report, main))


def reliability_charts(report: Report) -> tuple[Chart, ...]:
    """Return a reliability chart of low-balance probabilities for each threshold and number of days."""
    kinds = list(dict.fromkeys((each.threshold, each.days) for each in report.reliability))
    return tuple(_reliability(report, *kind, place) for place, kind in enumerate(kinds[:MOST_RELIABILITY], 1))


def _width_by_day(report: Report, level: float) -> Chart:
    label = level_label(level)
    return _by_day(
        report, f"swidth_{label}", key="width-by-day", title=f"Width of the {label} % interval, by day ahead"
    )


def _by_day(report: Report, metric: str, *, key: str, title: str) -> Chart:
    def shown(score: StepScore) -> Cell:
        return scaled_cell(score.of(metric).value)

    drawing = line_layer(_rows(report, shown), Axis("days ahead"), Axis("in units of the scale", zero=True))
    table = steps_table(report, key=f"{key}-table", caption=title, shown=shown)
    return build_chart(key, title, _ends(report, shown), drawing, table=table)


def _coverage_by_day(report: Report, level: float) -> Chart:
    label = level_label(level)

    def shown(score: StepScore) -> Cell:
        return share(score.of(f"coverage_{label}").value)

    rows = [row | {"y": row["y"] * 100} for row in _rows(report, shown)]
    y = Axis("held, %", ends=_around(level, [row["y"] for row in rows]))
    drawing = alt.layer(rule_at(level, y), line_layer(rows, Axis("days ahead"), y))
    key, title = f"coverage-{label.replace('.', '-')}-by-day", f"{label} % interval: what it held, by day ahead"
    table = steps_table(report, key=f"{key}-table", caption=title, shown=shown)
    return build_chart(key, title, f"Dashed: the {label} % promised. {_ends(report, shown)}", drawing, table=table)


def _coverage_by_level(report: Report, main: float) -> Chart:
    models = models_drawn(report)
    x, y = (Axis(title, ends=_WHOLE) for title in ("promised, %", "held, %"))
    rows = [
        {"series": models.index(model.model), "x": level, "y": coverage * 100}
        for model in report.leaderboard
        for level in report.levels
        if model.model in models and math.isfinite(coverage := model.of(f"coverage_{level_label(level)}").value)
    ]
    drawing = alt.layer(diagonal(x, y), line_layer(rows, x, y, points=True))
    label = level_label(main)
    parts = [
        f"{printable(model.model)} {share(model.of(f'coverage_{label}').value).text}"
        for model in report.leaderboard[:MOST_SERIES]
    ]
    summary = f"Below the dashed line intervals are too narrow. Of {label} % promised: {'; '.join(parts)}."
    return build_chart("coverage-by-level", "Promised and held, by level", summary, drawing)


def _reliability(report: Report, threshold: str, days: int, place: int) -> Chart:
    models = models_drawn(report)
    bins = [each for each in report.reliability if (each.threshold, each.days) == (threshold, days)]
    enough = [each for each in bins if each.windows >= FEWEST]
    rows = [
        {"series": models.index(each.model), "x": each.predicted * 100, "y": each.observed * 100}
        for each in enough
        if each.model in models and math.isfinite(each.predicted + each.observed)
    ]
    x, y = Axis("probability given, %", ends=_WHOLE), Axis("went under, %", ends=_WHOLE)
    columns = (Column("Model"), *(Column(title, numeric=True) for title in ("Given", "Came", "Windows")))
    cells = [(text_cell(each.model), share(each.predicted), share(each.observed), count(each.windows)) for each in bins]
    title = f"Low point of {counted(days, 'day')} under {printable(threshold)}"
    table = build_table(f"reliability-{place}-table", title, columns, cells)
    drawing = alt.layer(diagonal(x, y), line_layer(rows, x, y, points=True))
    return build_chart(f"reliability-{place}", title, _highest(enough, models), drawing, table=table)


def _highest(bins: Sequence[ReliabilityBin], models: Sequence[str]) -> str:
    """Return a sentence with each model's highest probability and the observed frequency in its bin."""
    parts = []
    for model in models:
        mine = [each for each in bins if each.model == model]
        if mine:
            top = max(mine, key=lambda each: each.predicted)
            parts.append(f"{printable(model)} {share(top.predicted).text} and {share(top.observed).text}")
    to = f"to {FEWEST} windows or more"
    if not parts:
        return f"No probability was given {to}."
    highest = f"The highest probability given {to}, and how often the balance went under: {'; '.join(parts)}."
    return f"{highest} Points of fewer windows are not drawn."


def _rows(report: Report, shown: Shown) -> list[dict[str, Any]]:
    models = models_drawn(report)
    cells = [(score, shown(score).value) for score in report.steps if score.model in models]
    return [
        {"series": models.index(score.model), "x": score.step, "y": value}
        for score, value in cells
        if value is not None
    ]


def _ends(report: Report, shown: Shown) -> str:
    """Return a sentence with each model's figure on the first and on the last day."""
    first, last = (pick(score.step for score in report.steps) for pick in (min, max))
    found = {(score.model, score.step): shown(score).text for score in report.steps}
    parts = [
        f"{printable(model)} {found.get((model, first), NONE)} and {found.get((model, last), NONE)}"
        for model in models_drawn(report)
    ]
    return f"On day {first} and on day {last}: {'; '.join(parts)}."


def _around(promised: float, seen: Sequence[float]) -> tuple[float, float]:
    """Return ends in tens of percent that include the nominal value and all observed ones."""
    low, high = min([promised - 10, *seen]), max([promised + 10, *seen])
    return max(0.0, math.floor(low / 10) * 10.0), min(100.0, math.ceil(high / 10) * 10.0)
