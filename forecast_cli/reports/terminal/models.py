"""List of models, on a terminal and as values for JSON."""

from collections.abc import Sequence
from typing import Any

from rich.console import Group
from rich.table import Table

from forecast_cli.models.spec import ModelSpec
from forecast_cli.reports.terminal.layout import Column, Indented, aligned, heading, line, ruled, sections

_TABLE_WIDTH = 80
_SEASON = 30
_HORIZON = 30


def render_models(specs: Sequence[ModelSpec], *, width: int) -> Group:
    """Return the needs, cost and kind of intervals of each model, for a terminal of ``width`` columns."""
    return sections(_table(specs) if width >= _TABLE_WIDTH else _stack(specs), _notes(specs))


def _table(specs: Sequence[ModelSpec]) -> Table:
    columns = (
        Column("model"),
        Column("needs\ndays", "right"),
        Column("costs\nms", "right"),
        Column("seasons"),
        Column("intervals"),
        Column("what it is", wraps=True),
    )
    return ruled(columns, [_row(spec) for spec in specs])


def _stack(specs: Sequence[ModelSpec]) -> Group:
    """Return the models one below the other, for terminals too narrow for a table."""
    return Group(*(part for spec in specs for part in (heading(spec.name), Indented(line(_facts(spec))))))


def _facts(spec: ModelSpec) -> str:
    _, needs, costs, seasons, intervals, summary = _row(spec)
    return f"{summary}; needs {needs} days, costs {costs} ms; seasons: {seasons}; intervals: {intervals}"


def days_needed(spec: ModelSpec) -> int:
    """Return the days of history a model needs for a season of 30 days and a horizon of 30."""
    return spec.needs(spec.usable_seasons((_SEASON,)), _HORIZON)


def model_values(spec: ModelSpec) -> dict[str, Any]:
    """Return one entry of ``models``."""
    return {
        "name": spec.name,
        "summary": spec.summary,
        "kind": spec.kind,
        "needs": days_needed(spec),
        "seasons": spec.seasons,
        "intervals": spec.intervals,
        "cost_ms": spec.cost_ms,
        "updatable": spec.updatable,
        "notes": spec.notes,
    }


def _row(spec: ModelSpec) -> tuple[str, str, str, str, str, str]:
    needs, costs = str(days_needed(spec)), f"{spec.cost_ms:g}"
    return spec.name, needs, costs, spec.seasons.value, spec.intervals.value, spec.summary


def _notes(specs: Sequence[ModelSpec]) -> Indented:
    needs = f"days of history, for a season of {_SEASON} days and a horizon of {_HORIZON}"
    fixed = ", ".join(spec.name for spec in specs if not spec.updatable)
    rows = [
        ("needs", f"{needs}; with fewer, a simpler model is used"),
        ("costs", "CPU milliseconds per account, for two years of history and two interval levels"),
        ("--refit", f"can be above 1 for all models except {fixed}"),
        *((spec.name, spec.notes) for spec in specs if spec.notes),
    ]
    return aligned((Column(), Column(wraps=True)), rows)
