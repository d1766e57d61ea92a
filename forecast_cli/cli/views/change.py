"""Change since an earlier run, as the summary of a run shows it."""

from rich.console import RenderableType

from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import percent
from forecast_cli.reports.run_metrics import Change, RiskMoves
from forecast_cli.reports.terminal.layout import Column, aligned, section


def render_change(change: Change) -> RenderableType:
    """Return how many accounts are newly likely to run low or have another status, and how many medians moved far."""
    rows = [(f"under {printable(one.threshold)}", _risk(one)) for one in change.risk]
    medians = change.medians
    if medians.compared and medians.level is not None:
        outside = f"{percent(medians.outside_interval)} outside their earlier {medians.level:g} % interval"
        rows.append(("medians", f"{outside} on {medians.day}"))
    rows.append(("status", f"{counted(sum(one.accounts for one in change.statuses), 'account')} changed"))
    since = change.previous.origin or f"the run finished {change.previous.finished_at}"
    return section(f"Since {since}", aligned((Column(wraps=True), Column(wraps=True)), rows))


def _risk(moves: RiskMoves) -> str:
    newly = f"{counted(moves.newly_likely, 'account')} newly likely within {counted(moves.days, 'day')}"
    return f"{newly}, {moves.no_longer_likely:,} no longer"
