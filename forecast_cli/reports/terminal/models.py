"""The list of models."""

from collections.abc import Sequence

from rich.console import Group
from rich.padding import Padding

from forecast_cli.models.spec import ModelSpec
from forecast_cli.reports.terminal.layout import Column, aligned, ruled, sections

_SEASON = 30
_HORIZON = 30


def render_models(specs: Sequence[ModelSpec]) -> Group:
    """Return what each model needs, what it costs, and where its intervals come from."""
    columns = (
        Column("model"),
        Column("needs", "right"),
        Column("costs", "right"),
        Column("seasons"),
        Column("intervals"),
        Column("what it is", wraps=True),
    )
    return sections(ruled(columns, [_row(spec) for spec in specs]), _notes(specs))


def days_needed(spec: ModelSpec) -> int:
    """Return the days of history a model needs for a season of 30 days and a horizon of 30."""
    return spec.min_obs(spec.usable_seasons((_SEASON,)), h=_HORIZON)


def _row(spec: ModelSpec) -> tuple[str, str, str, str, str, str]:
    needs, costs = str(days_needed(spec)), f"{spec.cost_ms:g}"
    return spec.name, needs, costs, spec.seasons.value, spec.intervals.value, spec.summary


def _notes(specs: Sequence[ModelSpec]) -> Padding:
    about = f"days of history, for a season of {_SEASON} days and a horizon of {_HORIZON}; with fewer, a simpler model"
    rows = [
        ("needs", about),
        ("costs", "CPU milliseconds an account, for two years of days and two interval levels"),
        *((spec.name, spec.notes) for spec in specs if spec.notes),
    ]
    return aligned((Column(), Column(wraps=True)), rows)
