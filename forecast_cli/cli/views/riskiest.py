"""How ``risk`` ends: the accounts likeliest to run low on stdout, as a table or as JSON, and one line for a log."""

from dataclasses import asdict
from datetime import date
from typing import Any, NoReturn

import typer
from rich.console import Group

from forecast_cli.cli.messages import Ending, Log
from forecast_cli.cli.options import OutputFormat
from forecast_cli.cli.streams import columns, show, write_out
from forecast_cli.cli.views.next_steps import show_command
from forecast_cli.config.thresholds import is_amount
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import percent
from forecast_cli.reports.jsonlines import document
from forecast_cli.reports.terminal.layout import Column, command_line, indented, line, ruled, section, sections
from forecast_cli.workflows.riskiest import AtRisk, Riskiest

_WIDE = 96


def end_riskiest(log: Log, told: Riskiest, format: OutputFormat, *, listed_under: bool) -> NoReturn:  # noqa: A002
    """Show the accounts; ``listed_under`` where those under the threshold already are among them."""
    if format is OutputFormat.JSON:
        write_out(document(riskiest_values(told)))
    else:
        show(render_riskiest(told, width=columns(), listed_under=listed_under))
    likely = f"{told.likely:,} of {counted(told.accounts, 'account')} likely to run under {told.threshold}"
    log.close(Ending(ExitCode.OK, f"{told.output}: {likely} within {told.within} days"))
    raise typer.Exit(ExitCode.OK)


def riskiest_values(told: Riskiest) -> dict[str, Any]:
    """Return everything that is told as values for JSON."""
    found = [asdict(one) | {"account_id": _plain(one.account_id)} for one in told.found]
    return asdict(told) | {"found": found}


def render_riskiest(told: Riskiest, *, width: int, listed_under: bool) -> Group:
    """Return a row for each account, and how many there are besides."""
    days = f"{told.within} days" + (f" of {told.origin}" if told.origin else "")
    title = f"Likeliest to be under {printable(told.threshold)} within {days}, by {printable(told.model)}"
    shown = _columns(told, width)
    rows = [tuple(_cells(one)[name] for name in shown) for one in told.found]
    table = [indented(ruled(list(shown.values()), rows))] if rows else []
    counts = indented(line(_counts(told, listed_under=listed_under)))
    return sections(
        section(title, *table, counts),
        *(
            section("Next", command_line(show_command(first.account_id, first.currency, told.output)))
            for first in told.found[:1]
        ),
    )


def _columns(told: Riskiest, width: int) -> dict[str, Column]:
    """Return the columns that there is something to say in, and room for."""
    every = {
        "account": Column("account", wraps=True),
        "currency": Column(" currency"),
        "under": Column(" under", "right"),
        "balance": Column(" balance", "right"),
        "probability": Column(" likely", "right"),
        "early": Column(" 10 % by", "right"),
        "half": Column(" 50 % by", "right"),
        "low": Column(" expected low", "right"),
        "lowest": Column(" 5 % low", "right"),
    }
    idle = set()
    if not any(one.currency is not None for one in told.found):
        idle.add("currency")
    if is_amount(told.threshold):
        idle.add("under")
    if width < _WIDE:
        idle |= {"low"} if "under" in idle else {"low", "early"}
    return {name: column for name, column in every.items() if name not in idle}


def _cells(one: AtRisk) -> dict[str, str]:
    early, half, _ = one.first_below
    return {
        "account": printable(one.account_id),
        "currency": f" {printable(one.currency)}",
        "under": f" {one.threshold:,.2f}",
        "balance": f" {one.balance:,.2f}",
        "probability": f" {percent(one.prob_below)}",
        "early": f" {_day(early)}",
        "half": f" {_day(half)}",
        "low": f" {one.expected_low:,.2f}",
        "lowest": f" {one.low_q05:,.2f}",
    }


def _day(day: date | None) -> str:
    return "" if day is None else f"{day}"


def _counts(told: Riskiest, *, listed_under: bool) -> str:
    """Return how many accounts are under the threshold, how many are likely to be, and how many of these are listed."""
    likely = f"{told.likely:,} more with {percent(told.least)} or more"
    hidden = "" if listed_under or not told.under else " (listed with --include-under)"
    said = f"Of {counted(told.accounts, 'account')} {told.under:,} are under it already{hidden}, {likely}"
    cut = f"; the first {len(told.found):,} are listed (--most)" if len(told.found) < told.listed else ""
    return f"{said}{cut}."


def _plain(account_id: object) -> int | str:
    return account_id if isinstance(account_id, int | str) else str(account_id)
