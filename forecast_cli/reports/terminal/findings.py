"""What the data contract found, as a few lines below a report or as the table of ``validate``."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from forecast_cli.core.text import counted
from forecast_cli.data.findings import Action, Finding
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import listed, percent
from forecast_cli.reports.terminal.layout import Column, aligned, ruled

STYLES: Final[Mapping[Action, str]] = {
    Action.REJECT: "bold red",
    Action.QUARANTINE: "red",
    Action.SET_ASIDE: "red",
    Action.REPAIR: "yellow",
    Action.WARN: "yellow",
    Action.NOTE: "dim",
}


def render_worth_knowing(findings: Sequence[Finding]) -> Padding | None:
    """Return all repairs in one line and one line for each other finding that changes something."""
    rows = [(Text(f.action.value, style=STYLES[f.action]), f"{_amount(f)}: {_title(f)}") for f in findings if _told(f)]
    repairs = [finding for finding in findings if finding.action is Action.REPAIR]
    if repairs:
        told = "; ".join(f"{_title(finding)} ({_amount(finding)})" for finding in repairs)
        rows.append((Text("repaired", style=STYLES[Action.REPAIR]), told))
    return aligned((Column(), Column(wraps=True)), rows) if rows else None


def render_findings(findings: Sequence[Finding]) -> Table:
    """Return the table of every rule met: what, how much, what a run does, and the first examples."""
    columns = (
        Column("rule"),
        Column("count", "right"),
        Column("share", "right"),
        Column("a run would"),
        Column("what", wraps=True),
    )
    return ruled(columns, [_row(finding) for finding in findings])


def _row(finding: Finding) -> tuple[str, str, str, Text, str]:
    examples = listed(finding.examples, of=finding.count)
    return (
        finding.rule,
        _amount(finding),
        percent(finding.share),
        Text(_verb(finding.action), style=STYLES[finding.action]),
        printable(finding.message) + (f"\ne.g. {examples}" if examples else ""),
    )


def _verb(action: Action) -> str:
    match action:
        case Action.WARN:
            return "use it, and warn"
        case Action.NOTE:
            return "use it"
        case Action.SET_ASIDE:
            return "set it aside"
        case _:
            return f"{action.value} it"


def _told(finding: Finding) -> bool:
    return finding.action not in (Action.REPAIR, Action.NOTE)


def _title(finding: Finding) -> str:
    return f"{printable(finding.title)} [{finding.rule}]"


def _amount(finding: Finding) -> str:
    return counted(finding.count, finding.unit.removesuffix("s"))
