"""Charts of a report: each has a title, a one-line summary and a drawing."""

from dataclasses import dataclass
from typing import Any, Final

import altair as alt
from markupsafe import Markup

from forecast_cli.reports.charts_svg import DASHES, FONT_SIZE, SERIES, Ink, data_of, inline_svg, spec_of
from forecast_cli.reports.tables import Table

#: Size of a drawing in SVG units; the page scales it to its column, 328 px wide on a phone and up to 480 px.
WIDTH: Final = 400
HEIGHT: Final = 250
_LABELS_WIDTH: Final = 44
MOST_SERIES: Final = len(SERIES)

_FRAME: Final = {
    "width": WIDTH,
    "height": HEIGHT,
    "background": "transparent",
    "padding": 2,
    "autosize": {"type": "fit", "contains": "padding"},
}
_CONFIG: Final = {
    "axis": {
        "labelFont": "sans-serif",
        "titleFont": "sans-serif",
        "labelFontSize": FONT_SIZE,
        "titleFontSize": FONT_SIZE,
        "labelColor": Ink.TEXT.value,
        "titleColor": Ink.MUTED.value,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "gridColor": Ink.GRID.value,
        "domainColor": Ink.GRID.value,
        "tickColor": Ink.GRID.value,
        "labelPadding": 5,
    },
    "axisY": {"minExtent": _LABELS_WIDTH},
}


@dataclass(frozen=True)
class Chart:
    """A chart with its title and summary; ``table`` holds its figures if no other table of the page does.

    ``svg`` is generated markup and is not escaped.
    """

    key: str
    title: str
    summary: str
    svg: Markup
    table: Table | None = None


@dataclass(frozen=True)
class Axis:
    """An axis: its title and its fixed ends, if any; ``zero`` includes 0 in the range."""

    title: str
    ends: tuple[float, float] | None = None
    zero: bool = False


def build_chart(key: str, title: str, summary: str, drawing: Any, *, table: Table | None = None) -> Chart:
    """Return a chart of an altair drawing."""
    svg = inline_svg(_themed(spec_of(drawing)), key=key)
    return Chart(key, title, summary, Markup(svg), table)  # noqa: S704 - the engine's own markup


def line_layer(rows: list[dict[str, Any]], x: Axis, y: Axis, *, points: bool = False) -> Any:
    """Return a line through ``x`` and ``y`` for each ``series``, a model's position on the leaderboard, from 0."""
    places = list(range(MOST_SERIES))
    base = alt.Chart(data_of(rows)).encode(
        x=alt.X("x:Q", **_scaled_axis(x)),
        y=alt.Y("y:Q", **_scaled_axis(y)),
        color=alt.Color("series:N", legend=None, scale=alt.Scale(domain=places, range=list(SERIES))),
    )
    dash = alt.StrokeDash("series:N", legend=None, scale=alt.Scale(domain=places, range=[list(d) for d in DASHES]))
    lines = base.mark_line(strokeWidth=2, strokeCap="butt", strokeJoin="round").encode(strokeDash=dash)
    return alt.layer(lines, base.mark_point(filled=True, size=34, opacity=1)) if points else lines


def rule_at(y: float, axis: Axis) -> Any:
    """Return a thin dashed horizontal line at ``y``, which marks the nominal value."""
    rows = data_of([{"y": y}])
    encoded = alt.Chart(rows).encode(y=alt.Y("y:Q", **_scaled_axis(axis)))
    return encoded.mark_rule(color=Ink.MUTED.value, strokeDash=[3, 3], strokeWidth=1.25)


def diagonal(x: Axis, y: Axis) -> Any:
    """Return the dashed line on which nominal and observed values are equal."""
    rows = data_of([{"x": end, "y": end} for end in x.ends or (0.0, 1.0)])
    encoded = alt.Chart(rows).encode(x=alt.X("x:Q", **_scaled_axis(x)), y=alt.Y("y:Q", **_scaled_axis(y)))
    return encoded.mark_line(color=Ink.MUTED.value, strokeDash=[3, 3], strokeWidth=1.25)


def _scaled_axis(axis: Axis) -> dict[str, Any]:
    scale = alt.Scale(zero=axis.zero, nice=True) if axis.ends is None else alt.Scale(domain=list(axis.ends), nice=False)
    return {"scale": scale, "title": axis.title, "axis": alt.Axis(format="~r", tickCount=5)}


def _themed(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a chart's specification with this report's size and style.

    They are set here because altair would copy the whole chart to set one property.
    """
    config = spec["config"] | _CONFIG | {"view": spec["config"]["view"] | {"stroke": None}}
    return spec | _FRAME | {"config": config}
