"""Fan chart on a terminal: history, median, band and thresholds drawn in characters by plotext."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from rich.text import Text

_HEIGHT: Final = 18
_DATE_WIDTH: Final = 14
_Y_TICKS: Final = 5
#: Numbers from this size on are shown with an exponent, as 1.20e+09, unless they differ only after so many digits.
_LONGEST: Final = 1e9
_DIGITS: Final = 5
#: A threshold that lies further outside the range of balances than this share of it is not drawn: it would flatten
#: everything else.
_REACH: Final = 0.6


@dataclass(frozen=True)
class Glyphs:
    """Marker of each part of the chart: one character, or the name of a plotext marker."""

    history: str
    median: str
    band: str
    threshold: str


UNICODE: Final = Glyphs(history="braille", median="•", band="░", threshold="┈")
ASCII: Final = Glyphs(history="*", median="o", band=":", threshold="-")
#: Characters that a terminal must be able to show for ``UNICODE``.
NEEDED: Final = "⠿•░┈│┤┬└┼"
_TO_ASCII: Final = str.maketrans("│┤┬└┼─┈", "|++++--")


@dataclass(frozen=True)
class FanChart:
    """Content of the chart: balances by day, in units of the balance.

    ``history`` ends at the origin and is empty if it is not known. ``median``, ``low`` and ``high`` start on the day
    after. ``thresholds`` are amounts.
    """

    origin: date
    history: Sequence[float]
    median: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    thresholds: Sequence[float]


def render_fan(chart: FanChart, *, width: int, ascii_only: bool) -> Text:
    """Return the chart, ``width`` columns wide."""
    glyphs = ASCII if ascii_only else UNICODE
    text = _drawn(chart, glyphs, width)
    return Text.from_ansi(text.translate(_TO_ASCII) if ascii_only else text, no_wrap=True, overflow="ignore")


def near_thresholds(chart: FanChart) -> list[float]:
    """Return the thresholds to draw: those that are not far from all balances."""
    low, high = _range(chart)
    reach = _REACH * (high - low)
    return [amount for amount in chart.thresholds if low - reach <= amount <= high + reach]


def _drawn(chart: FanChart, glyphs: Glyphs, width: int) -> str:
    import plotext  # slow to import

    plotext.terminal.limit(width=False, height=False)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, _HEIGHT)
    _draw_band(plotext, chart, glyphs, width)
    for amount in near_thresholds(chart):
        _draw_line(plotext, _days(chart), [amount] * len(_days(chart)), glyphs.threshold, "red")
    if chart.history:
        _draw_line(plotext, range(1 - len(chart.history), 1), chart.history, glyphs.history, "default")
    days, (median,) = _from_origin(chart, chart.median)
    _draw_line(plotext, days, median, glyphs.median, "blue")
    _set_axes(figure, chart, width)
    return str(figure.build().string())


def _draw_band(plotext: Any, chart: FanChart, glyphs: Glyphs, width: int) -> None:
    days, sides = _from_origin(chart, chart.low, chart.high)
    places = _at_every_column(days, math.ceil(width / len(_days(chart))))
    marker = plotext.marker(glyphs.band, "cyan")
    bottom, top = (
        plotext.figure.signal(places, [float(value) for value in np.interp(places, days, side)], marker=marker)
        for side in sides
    )
    bottom.fill(top)
    plotext.figure.draw(bottom)


def _at_every_column(days: Sequence[int], columns: int) -> list[float]:
    """Return the days and ``columns`` positions for each interval between them, so that a fill leaves no gaps."""
    between = [day + place / columns for day in days[:-1] for place in range(columns)]
    return [*between, days[-1]]


def _draw_line(plotext: Any, days: Sequence[int], values: Sequence[float], glyph: str, colour: str) -> None:
    signal = plotext.figure.signal(list(days), list(values), marker=plotext.marker(glyph, colour))
    signal.lines(active=True)
    plotext.figure.draw(signal)


def _from_origin(chart: FanChart, *ahead: Sequence[float]) -> tuple[list[int], list[list[float]]]:
    """Return the days ahead and the values of each series, starting with the last balance if it is known."""
    last = list(chart.history[-1:])
    return list(range(1 - len(last), len(chart.median) + 1)), [[*last, *values] for values in ahead]


def _days(chart: FanChart) -> range:
    return range(min(1, 1 - len(chart.history)), len(chart.median) + 1)


def _set_axes(figure: Any, chart: FanChart, width: int) -> None:
    for axis in ("x", "y"):
        figure.axes(active=False, axis=axis, side=1)
    days = _days(chart)
    figure.ruler("x", "lower").lim(days[0], days[-1])
    places = _places(days, width)
    names = [(chart.origin + timedelta(days=place)).isoformat() for place in places]
    figure.ruler("x", "lower").ticks(places, names)
    low, high = _range(chart, with_thresholds=True)
    figure.ruler("y", "left").lim(low, high)
    ticks = _round_values(low, high)
    figure.ruler("y", "left").ticks(ticks, [_label(value, ticks) for value in ticks])


def _places(days: range, width: int) -> list[int]:
    """Return the days to label, counted from the origin: the origin itself, and as many others as fit."""
    every = max(math.ceil(len(days) / max(width // _DATE_WIDTH, 1)), 7)
    back = [day for day in range(0, days[0] - 1, -every) if day >= days[0]]
    ahead = list(range(every, days[-1] - every // 2 + 1, every))
    return [*reversed(back), *ahead]


def _range(chart: FanChart, *, with_thresholds: bool = False) -> tuple[float, float]:
    drawn = [*chart.history, *chart.median, *chart.low, *chart.high]
    drawn += near_thresholds(chart) if with_thresholds else []
    low, high = min(drawn), max(drawn)
    return (low, high) if high > low else (low - 1.0, high + 1.0)


def _round_values(low: float, high: float) -> list[float]:
    """Return about five round values from ``low`` to ``high``."""
    rough = (high - low) / _Y_TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough)
    return [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _label(value: float, ticks: Sequence[float]) -> str:
    apart = ticks[1] - ticks[0] if len(ticks) > 1 else abs(value) or 1.0
    digit = math.floor(math.log10(apart))
    largest = max(abs(tick) for tick in ticks)
    if largest >= _LONGEST and (digits := math.floor(math.log10(largest)) - digit) <= _DIGITS:
        return f"{value:.{max(digits, 2)}e}"
    return f"{value:,.{max(0, -digit)}f}"
