"""Verdict of the gate on a terminal."""

from collections.abc import Mapping
from typing import Final

from rich.console import Group
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
from forecast_cli.reports.terminal.layout import Column, heading, line, ruled, sections

_STYLES: Final[Mapping[Verdict, str]] = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.SKIPPED: "dim"}


def render_comparison(comparison: Comparison) -> Group:
    """Return what was compared, the checks, and the verdict."""
    columns = (
        Column("check", wraps=True),
        Column("BASE", "right"),
        Column("NEW", "right"),
        Column("change", "right"),
        Column("allowed", "right"),
        Column("verdict"),
    )
    rows = [_row(check_line(check, comparison)) for check in shown_checks(comparison)]
    untold = hidden_checks_line(comparison)
    ending = line(verdict_line(comparison), "bold red" if comparison.failed else "bold green")
    aside = [line(untold, "dim")] if untold else []
    made_from = made_from_line(comparison)
    above = [line(made_from)] if made_from else []
    return sections(heading(title(comparison)), *above, ruled(columns, rows), *aside, ending)


def _row(shown: CheckLine) -> tuple[str, str, str, str, str, Text]:
    verdict = Text("too small" if shown.verdict is Verdict.SKIPPED else shown.verdict, style=_STYLES[shown.verdict])
    return shown.name, shown.base, shown.new, shown.change, shown.allowed, verdict
