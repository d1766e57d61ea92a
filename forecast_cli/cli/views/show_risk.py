"""Risk of one account on a terminal: probability, low point and crossing days for each threshold."""

from collections.abc import Sequence

from rich.console import Group

from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import money, percent
from forecast_cli.reports.terminal.layout import Column, Indented, line, ruled, section
from forecast_cli.workflows.explanation import ThresholdRisk

_WIDE = 76
_CROSSED = ("10 %", "50 %", "90 %")


def render_risk(risk: Sequence[ThresholdRisk], *, width: int) -> Group:
    """Return one row for each threshold and window, and the days by which each threshold has been crossed."""
    columns = (
        Column("under"),
        Column(" within\n days", "right"),
        Column(" probability", "right"),
        Column(" expected\n low", "right"),
        Column(" 5 % low" if width >= _WIDE else " 5 %\n low", "right"),
        *((Column(" days\n under", "right"),) if width >= _WIDE else ()),
    )
    rows = [row[: len(columns)] for one in risk for row in _rows(one)]
    return section(
        "Risk of a low balance",
        Indented(ruled(columns, rows)),
        *(Indented(line(_crossed(one))) for one in risk),
    )


def describe_threshold(one: ThresholdRisk) -> str:
    """Return the threshold as the user wrote it, with its amount if that differs: ``0``, ``p10 (239.75)``."""
    name = printable(one.name)
    return name if name == f"{one.amount:g}" else f"{name} ({money(one.amount)})"


def _rows(one: ThresholdRisk) -> list[tuple[str, ...]]:
    amount = describe_threshold(one)
    return [
        (
            amount if place == 0 else "",
            f" {window.days}",
            f" {percent(window.prob_below)}",
            f" {money(window.expected_low)}",
            f" {money(window.low_q05)}",
            f" {window.days_below:.1f}",
        )
        for place, window in enumerate(one.windows)
    ]


def _crossed(one: ThresholdRisk) -> str:
    """Return the days by which 10, 50 and 90 % of the paths have fallen below a threshold."""
    days = [(share, day) for share, day in zip(_CROSSED, one.crossed, strict=True) if day is not None]
    dates = ", ".join(f"{share} by {day}" for share, day in days) or "fewer than 10 %"
    return f"Paths that have been under {printable(one.name)}: {dates}."
