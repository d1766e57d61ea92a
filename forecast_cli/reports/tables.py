"""Tables of a report, shared by all formats: columns, and cells with a text to show and a value to sort by."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from forecast_cli.evaluation.report import Estimate
from forecast_cli.reports import figures
from forecast_cli.reports.escape import printable

NONE: Final = "–"
_KILO: Final = 1_000.0


@dataclass(frozen=True)
class Column:
    """A column of a table; ``help`` explains its title."""

    title: str
    numeric: bool = False
    help: str = ""


@dataclass(frozen=True)
class Cell:
    """A cell of a table: the text shown, a number to sort by, if any, and a ``note`` shown beside the text."""

    text: str
    value: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a caption; ``note`` says what was left out."""

    key: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


def build_table(
    key: str,
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    most: int = 400,
    note: str = "",
) -> Table:
    """Return a table of the first ``most`` rows; its note gives the total number of rows if some are left out."""
    more = f"The first {most:,} of {len(rows):,} rows; report.json holds them all." if len(rows) > most else ""
    notes = " ".join(filter(None, (more, note)))
    return Table(key, caption, tuple(columns), tuple(tuple(row) for row in rows[:most]), notes)


def text_cell(text: object) -> Cell:
    """Return data as an escaped text cell."""
    return Cell(printable(text))


def count(value: int) -> Cell:
    """Return a count with thousands separators, such as ``1,234``."""
    return Cell(f"{value:,}", value)


def scaled_cell(value: float) -> Cell:
    """Return a figure in units of the scale, or any other figure of about that size."""
    if not math.isfinite(value):
        return Cell(NONE)
    return Cell(f"{value:.3f}" if abs(value) < _KILO else f"{value:,.0f}", value)


def money(value: float) -> Cell:
    """Return a figure in units of the balance."""
    return Cell(figures.money(value), value) if math.isfinite(value) else Cell(NONE)


def share(value: float) -> Cell:
    """Return a share in percent, to one decimal; only exactly 0 and 1 are shown as 0.0 % and 100.0 %."""
    if not math.isfinite(value):
        return Cell(NONE)
    shown = f"{value * 100:.1f}"
    if shown == "100.0" and value < 1:
        shown = "> 99.9"
    if shown in ("0.0", "-0.0") and value != 0:
        shown = "< 0.1" if value > 0 else "> -0.1"
    return Cell(f"{shown} %", value)


def estimate(value: Estimate | None) -> Cell:
    """Return a scaled figure and its interval."""
    return _with_interval(value, scaled_cell)


def ratio_estimate(value: Estimate | None) -> Cell:
    """Return a ratio and its interval, to one decimal."""
    return _with_interval(value, lambda ratio: Cell(f"{ratio:,.1f}", ratio) if math.isfinite(ratio) else Cell(NONE))


def share_estimate(value: Estimate | None) -> Cell:
    """Return a share and its interval, in percent."""
    return _with_interval(value, share)


def money_estimate(value: Estimate | None) -> Cell:
    """Return a figure in units of the balance and its interval."""
    return _with_interval(value, money)


def cpu(seconds: float) -> Cell:
    """Return CPU time, such as ``23 ms`` or ``1.2 s``."""
    if not math.isfinite(seconds):
        return Cell(NONE)
    return Cell(f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * _KILO:.3g} ms", seconds)


def _with_interval(found: Estimate | None, shown: Callable[[float], Cell]) -> Cell:
    if found is None:
        return Cell(NONE)
    cell = shown(found.value)
    if cell.value is None:
        return cell
    ends = [shown(end).text.removesuffix(" %") for end in found.ends or ()]
    return Cell(cell.text, cell.value, " to ".join(ends) or NONE)
