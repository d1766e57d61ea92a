"""Verdict of the gate on a terminal."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from forecast_cli.evaluation.gate import Comparison, Verdict
from forecast_cli.reports.comparison.words import (
    CheckLine,
    check_line,
    hidden_checks_line,
    made_from_line,
    shown_checks,
    title,
    verdict_line,
)
from forecast_cli.reports.terminal.layout import Column, Indented, heading, line, ruled, sections

_TABLE_WIDTH: Final = 80
_STYLES: Final[Mapping[Verdict, str]] = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.SKIPPED: "dim"}


def render_comparison(comparison: Comparison, *, width: int) -> Group:
    """Return what was compared, the checks, and the verdict, for a terminal of ``width`` columns."""
    checks = [check_line(check, comparison) for check in shown_checks(comparison)]
    untold = hidden_checks_line(comparison)
    ending = line(verdict_line(comparison), "bold red" if comparison.failed else "bold green")
    footnote = [line(untold, "dim")] if untold else []
    made_from = made_from_line(comparison)
    above = [line(made_from)] if made_from else []
    shown = _table(checks) if width >= _TABLE_WIDTH else _stack(checks)
    return sections(heading(title(comparison)), *above, shown, *footnote, ending)


def _table(checks: Sequence[CheckLine]) -> Table:
    columns = (
        Column("check", wraps=True),
        Column("BASE", "right"),
        Column("NEW", "right"),
        Column("change", "right"),
        Column("allowed", "right"),
        Column("verdict"),
    )
    return ruled(columns, [(each.name, *_figures(each), _verdict(each)) for each in checks])


def _stack(checks: Sequence[CheckLine]) -> Group:
    """Return the checks one below the other, for terminals too narrow for a table."""
    return Group(*(part for each in checks for part in (heading(each.name), Indented(_facts(each)))))


def _facts(shown: CheckLine) -> Text:
    base, new, change, allowed = _figures(shown)
    parts = (f"BASE {base}, NEW {new}", change, f"{allowed} allowed")
    return Text("; ".join(part for part in parts if part)).append("; ").append_text(_verdict(shown))


def _figures(shown: CheckLine) -> tuple[str, str, str, str]:
    return shown.base, shown.new, shown.change, shown.allowed


def _verdict(shown: CheckLine) -> Text:
    return Text("too small" if shown.verdict is Verdict.SKIPPED else shown.verdict, style=_STYLES[shown.verdict])
