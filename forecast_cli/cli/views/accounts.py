"""Accounts by status, and what did not go as asked: the part of a report nobody may miss."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rich.padding import Padding
from rich.text import Text

from forecast_cli.core.ledger import Status
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import counted, listed
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
    Status.SKIPPED: "no forecast: ended too long ago",
    Status.FAILED: "no forecast: set aside",
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
    merged = _over_models(groups)
    rows = [_row(models, group) for models, group in merged[:GROUPS_SHOWN]]
    more = len(merged) - len(rows)
    if more > 0:
        rows.append(("", Text(f"and {counted(more, 'more reason')}"), "in failures.parquet"))
    return aligned((Column(align="right"), Column(), Column(wraps=True)), rows)


def _over_models(groups: Sequence[FailureGroup]) -> list[tuple[int, FailureGroup]]:
    """Return what befell the same accounts under every model once, with the number of models."""
    models = Counter(replace(group, model=None) for group in groups)
    first = {replace(group, model=None): group for group in reversed(groups)}
    return [(models[common], first[common]) for common in models]


def _row(models: int, group: FailureGroup) -> tuple[str, Text, str]:
    what = group.status.value if models > 1 or group.model_used is None else _instead(group)
    return f"{group.count:,}", Text(what, style=STYLES[group.status]), f"{printable(group.message)} ({_who(group)})"


def _who(group: FailureGroup) -> str:
    """Return the account the message is about, and others of its kind."""
    others = listed(group.examples[1:], of=group.count - 1)
    return printable(group.examples[0]) + (f"; also {others}" if others else "")


def _instead(group: FailureGroup) -> str:
    return f"{printable(group.model)} -> {printable(group.model_used)}"
