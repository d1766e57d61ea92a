"""Accounts by status, and what did not go as asked: the part of a report nobody may miss."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.padding import Padding
from rich.text import Text

from forecast_cli.core.ledger import Status
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import listed
from forecast_cli.reports.terminal.layout import Column, aligned
from forecast_cli.workflows.results import FailureGroup

GROUPS_SHOWN: Final = 10

STYLES: Final[Mapping[Status, str]] = {
    Status.OK: "green",
    Status.FALLBACK: "yellow",
    Status.SKIPPED: "yellow",
    Status.FAILED: "red",
}

MEANINGS: Final[Mapping[Status, str]] = {
    Status.OK: "forecast as asked",
    Status.FALLBACK: "forecast by a simpler model",
    Status.SKIPPED: "no forecast wanted: ended too long ago",
    Status.FAILED: "no forecast possible: set aside",
}


def render_accounts(accounts: Mapping[Status, int], meanings: Mapping[Status, str] = MEANINGS) -> Padding:
    """Return the accounts by status with their sum, which is the accounts of the input."""
    rows = [
        (
            Text(status.value, style=STYLES[status] if accounts[status] else "dim"),
            f"{accounts[status]:,}",
            meanings[status],
        )
        for status in Status
    ]
    total = (
        Text("in all", style="bold"),
        Text(f"{sum(accounts.values()):,}", style="bold"),
        "accounts in, accounts out",
    )
    return aligned((Column(), Column(align="right"), Column(wraps=True)), [*rows, total])


def render_groups(groups: Sequence[FailureGroup]) -> Padding:
    """Return one line for each reason: how many, who did what instead, why, and three accounts."""
    rows = [_group(group) for group in groups[:GROUPS_SHOWN]]
    more = len(groups) - len(rows)
    if more > 0:
        rows.append(("", Text(f"and {more} more reasons in failures.parquet"), ""))
    return aligned((Column(align="right"), Column(), Column(wraps=True)), rows)


def _group(group: FailureGroup) -> tuple[str, Text, str]:
    ids = listed(group.examples, of=group.count)
    return f"{group.count:,}", Text(_what(group), style=STYLES[group.status]), f"{printable(group.message)} ({ids})"


def _what(group: FailureGroup) -> str:
    if group.model is None:
        return group.status.value
    used = f" -> {printable(group.model_used)}" if group.model_used and group.model_used != group.model else ""
    return f"{group.status.value}: {printable(group.model)}{used}"
