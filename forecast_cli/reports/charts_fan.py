"""Fan chart of one account: its history, the forecast with its intervals, and the actual balances."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import altair as alt

from forecast_cli.core.columns import level_label
from forecast_cli.core.text import counted
from forecast_cli.evaluation.report import Fan
from forecast_cli.reports.charts import Chart, build_chart
from forecast_cli.reports.charts_svg import Ink, data_of
from forecast_cli.reports.escape import printable
from forecast_cli.reports.tables import NONE, Cell, Column, Table, build_table, money, scaled_cell, text_cell

#: Days of history drawn: with more, too little room would be left for the forecast.
MOST_HISTORY: Final = 90
_TENS_OF_THOUSANDS: Final = 10_000.0
_BAND_OPACITIES: Final = (0.18, 0.34)


def fan_chart(fan: Fan, *, key: str) -> Chart:
    """Return the chart of one account and window, with a table of its days."""
    title = printable(fan.account_id)
    return build_chart(key, title, _summary(fan), _drawing(fan), table=_table(fan, f"{key}-table"))


def _drawing(fan: Fan) -> Any:
    known = list(zip(fan.history_dates, fan.history, strict=True))[-MOST_HISTORY:]
    start = known[-1:]
    actual = start + [(day, y) for day, y in zip(fan.dates, fan.y, strict=True) if y is not None]
    median = start + list(zip(fan.dates, fan.median, strict=True))
    bands = [
        _band(fan, low, high, opacity)
        for (_, low, high), opacity in zip(fan.bands, _opacities(len(fan.bands)), strict=True)
    ]
    return alt.layer(
        *bands,
        _cutoff(fan),
        _line(known, Ink.KNOWN, width=1.5),
        _line(median, Ink.BAND, width=2, dash=(6, 3)),
        _line(actual, Ink.CAME, width=2),
    )


def _line(points: Sequence[tuple[date, float]], ink: Ink, *, width: float, dash: tuple[int, ...] = (1, 0)) -> Any:
    rows = data_of([{"x": day.isoformat(), "y": value} for day, value in points])
    values = [value for _, value in points]
    encoded = alt.Chart(rows).encode(x=_days(), y=_balance(values))
    return encoded.mark_line(color=ink.value, strokeWidth=width, strokeDash=list(dash), strokeJoin="round")


def _band(fan: Fan, low: Sequence[float], high: Sequence[float], opacity: float) -> Any:
    points = zip(fan.dates, low, high, strict=True)
    start = [{"x": fan.cutoff.isoformat(), "y": fan.history[-1], "top": fan.history[-1]}] if fan.history else []
    rows = start + [{"x": day.isoformat(), "y": lo, "top": hi} for day, lo, hi in points]
    encoded = alt.Chart(data_of(rows)).encode(x=_days(), y=_balance([*low, *high]), y2="top:Q")
    return encoded.mark_area(color=Ink.BAND.value, opacity=opacity, line=False)


def _cutoff(fan: Fan) -> Any:
    rows = data_of([{"x": fan.cutoff.isoformat()}])
    return alt.Chart(rows).encode(x=_days()).mark_rule(color=Ink.MUTED.value, strokeDash=[2, 3])


def _days() -> Any:
    return alt.X(
        "x:T", scale=alt.Scale(type="utc"), title=None, axis=alt.Axis(format="%Y-%m-%d", tickCount=4, grid=False)
    )


def _balance(values: Sequence[float]) -> Any:
    large = max((abs(value) for value in values), default=0.0) >= _TENS_OF_THOUSANDS
    zero = "datum.value ? datum.label : '0'"  # otherwise "0k"
    axis = alt.Axis(format="~s" if large else ",~r", tickCount=5, labelExpr=zero)
    return alt.Y("y:Q", scale=alt.Scale(zero=False, nice=True), title=None, axis=axis)


def _opacities(bands: int) -> tuple[float, ...]:
    """Return the opacity of each band, widest first; where bands overlap, their opacities add up."""
    return _BAND_OPACITIES if bands == len(_BAND_OPACITIES) else (0.3,) * bands


def _summary(fan: Fan) -> str:
    model, actual = printable(fan.model), [y for y in fan.y if y is not None]
    last = (
        f" The last actual balance was {money(actual[-1]).text}, its median forecast {money(_median_then(fan)).text}."
        if actual
        else ""
    )
    return (
        f"{model} from {fan.cutoff.isoformat()}, sCRPS {scaled_cell(fan.scrps).text}.{last}"
        f"{''.join(f' {sentence}.' for sentence in _outside(fan))}"
    )


def _median_then(fan: Fan) -> float:
    """Return the median on the last day whose balance is known."""
    return [median for median, y in zip(fan.median, fan.y, strict=True) if y is not None][-1]


def _outside(fan: Fan) -> list[str]:
    """Return sentences that say how many days lay outside the narrowest band; none if there is no band."""
    sentences = []
    for level, low, high in fan.bands[-1:]:
        days = [not lo <= y <= hi for lo, y, hi in zip(low, fan.y, high, strict=True) if y is not None]
        sentences.append(f"{sum(days)} of {counted(len(days), 'day')} lay outside the {level_label(level)} % band")
    return sentences


def _table(fan: Fan, key: str) -> Table:
    labels = [level_label(level) for level, _, _ in fan.bands]
    titles = ["Came", "Median", *(f"{end} {label} %" for label in labels for end in ("Low", "High"))]
    ends = [end for _, low, high in fan.bands for end in (low, high)]
    rows = [
        (
            text_cell(day.isoformat()),
            Cell(NONE) if y is None else money(y),
            money(median),
            *(money(end[place]) for end in ends),
        )
        for place, (day, y, median) in enumerate(zip(fan.dates, fan.y, fan.median, strict=True))
    ]
    caption = f"{printable(fan.account_id)}, day by day"
    return build_table(key, caption, (Column("Day"), *(Column(title, numeric=True) for title in titles)), rows)
