"""The last line of a run that exits with 3: how many accounts have no forecast, the commonest reason, what to do."""

from collections.abc import Mapping, Sequence
from typing import Final

from forecast_cli.cli.views.next_steps import tool_command
from forecast_cli.core.ledger import Status
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Output
from forecast_cli.workflows.results import FailureGroup

#: Reasons of the data contract and of a backtest, for many accounts: without days or amounts of any of them.
REASONS: Final[Mapping[str, str]] = {
    "quarantined": "known only from a file that was left out",
    "conflict": "two balances for one day",
    "long id": "an id longer than --max-id-bytes",
    "no currency": "no currency",
    "no date": "no date at all",
    "impossible dates": "impossible dates only",
    "later": "no row up to --as-of",
    "empty": "no balance at all",
    "missing": "more balances missing than --max-missing",
    "beyond": "a balance beyond --max-balance",
    "stale": "last row further before the origin than --max-stale",
    "short": "too little history for all windows",
}


def describe_excess(
    limits: Mapping[Status, int], accounts: Mapping[Status, int], failures: Sequence[FailureGroup]
) -> str:
    """Return the count of each status that exceeds its limit, with the commonest reason."""
    return "; ".join(
        f"{counted(accounts[status], 'account')} {status}, more than --max-{status} {limit} allows: "
        + commonest_reason([group for group in failures if group.status is status], of=accounts[status])
        for status, limit in limits.items()
    )


def commonest_reason(failures: Sequence[FailureGroup], *, of: int) -> str:
    """Return the reason that most accounts without a forecast share, with their number unless it is that of all."""
    group = max((group for group in failures if group.model_used is None), key=lambda group: group.count)
    reason = REASONS.get(group.error, f"{group.model}: {group.error}")
    return reason if group.count == of else f"{reason} ({group.count:,}), and others"


def see_reasons(output: Output, source: str) -> str:
    """Return a hint that says where the reason of each account is found."""
    validate = tool_command("validate", source)
    return f"see {output / 'failures.parquet'}, or run, with the same options for reading: {validate}"


def limit_hint(limits: Mapping[Status, int]) -> str:
    """Return the end of a hint that names the options which change that ``limits`` are exceeded."""
    if not limits:
        return ""
    advice = "name another day with --as-of, or " if Status.SKIPPED in limits else ""
    return f"; {advice}allow more with {' and '.join(f'--max-{status}' for status in limits)}"
