"""Accounts by status, and failures and fallbacks by reason: the part of every summary that must not be missed."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rich.text import Text

from forecast_cli.core.ledger import Status
from forecast_cli.core.text import counted
from forecast_cli.data.contract.tally import show_id
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import listed
from forecast_cli.reports.terminal.layout import Column, Indented, aligned
from forecast_cli.workflows.results import FailureGroup

GROUPS_SHOWN: Final = 10

STYLES: Final[Mapping[Status, str]] = {
    Status.OK: "green",
    Status.FALLBACK: "yellow",
    Status.SKIPPED: "yellow",
    Status.FAILED: "red",
}

MEANINGS: Final[Mapping[Status, str]] = {
    Status.OK: "forecast as requested",
    Status.FALLBACK: "forecast by a simpler model",
    Status.SKIPPED: "no forecast: last row too old, or first row after the origin",
    Status.FAILED: "no forecast: unusable rows, timeout or crash",
}


def render_accounts(
    accounts: Mapping[Status, int], meanings: Mapping[Status, str] = MEANINGS, *, quarantined_files: int
) -> Indented:
    """Return the accounts by status and their sum; only statuses in ``meanings`` are shown.

    Nobody can tell which accounts ``quarantined_files`` hold that cannot be read.
    """
    rows = [
        (
            Text(status.value, style=STYLES[status] if accounts[status] else "dim"),
            f"{accounts[status]:,}",
            meaning,
        )
        for status, meaning in meanings.items()
    ]
    total = (
        Text("in all", style="bold"),
        Text(f"{sum(accounts.values()):,}", style="bold"),
        "every account that could be read" if quarantined_files else "every account of the input",
    )
    return aligned((Column(), Column(align="right"), Column(wraps=True)), [*rows, total])


def render_groups(groups: Sequence[FailureGroup]) -> Indented:
    """Return one line for each reason: number of accounts, replacement, message of one account, other examples."""
    merged = list(dict.fromkeys(_over_models(group) for group in groups))
    rows = [_row(group) for group in merged[:GROUPS_SHOWN]]
    more = len(merged) - len(rows)
    if more > 0:
        rows.append(("", Text(f"and {counted(more, 'more reason')}"), "in failures.parquet"))
    return aligned((Column(align="right"), Column(), Column(wraps=True)), rows)


def _over_models(group: FailureGroup) -> FailureGroup:
    """Return the group without its model if no model forecast its accounts, so that it is shown once for all models."""
    return replace(group, model=None) if group.model_used is None else group


def _row(group: FailureGroup) -> tuple[str, Text, str]:
    what = Text(_what(group), style=STYLES[group.status])
    return f"{group.count:,}", what, _why(group)


def _why(group: FailureGroup) -> str:
    """Return the message with the id of the account that it is about, and the ids of other accounts in the group."""
    first, *others = map(show_id, group.examples)
    example = f"{printable(first)}: {printable(group.message)}"
    return f"e.g. {example}; also {listed(others, of=group.count - 1)}" if group.count > 1 else example


def _what(group: FailureGroup) -> str:
    if group.model_used is None:
        return group.status.value
    return f"{printable(group.model)} -> {printable(group.model_used)}"
