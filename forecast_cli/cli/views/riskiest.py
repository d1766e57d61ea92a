"""Result of ``risk``: the accounts most likely to run low, as a table or as JSON."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, NoReturn

from rich.console import Group

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import columns
from forecast_cli.cli.views.next_steps import show_command
from forecast_cli.cli.views.result import write_result
from forecast_cli.config.thresholds import is_amount
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import money, percent
from forecast_cli.reports.json_text import account_value
from forecast_cli.reports.terminal.layout import Column, Indented, command_line, fitting, line, ruled, section, sections
from forecast_cli.workflows.riskiest import AtRisk, Riskiest

_RIGHT: Final = "right"
#: All columns by name, with the cell of an account; the leading spaces separate it from the column to its left.
_COLUMNS: Final[Mapping[str, tuple[Column, Callable[[AtRisk], str]]]] = {
    "account": (Column("account", wraps=True), lambda one: printable(one.account_id)),
    "currency": (Column(" currency"), lambda one: f" {printable(one.currency)}"),
    "origin": (Column(" from", _RIGHT), lambda one: f" {one.origin}"),
    "threshold": (Column(" under", _RIGHT), lambda one: f" {money(one.threshold)}"),
    "balance": (Column(" balance", _RIGHT), lambda one: f" {money(one.balance)}"),
    "likely": (Column(" likely", _RIGHT), lambda one: f" {percent(one.prob_below)}"),
    "early": (Column(" 10 % by", _RIGHT), lambda one: f" {one.first_below_q10 or ''}"),
    "half": (Column(" 50 % by", _RIGHT), lambda one: f" {one.first_below_q50 or ''}"),
    "low": (Column(" expected low", _RIGHT), lambda one: f" {money(one.expected_low)}"),
    "lowest": (Column(" 5 % low", _RIGHT), lambda one: f" {money(one.low_q05)}"),
    "by": (Column("  model"), lambda one: f"  {printable(one.model_used)}"),
}
#: Columns to leave out if the terminal is too narrow, in this order; numbers are never shortened.
_SPARED: Final = ("low", "early", "lowest", "by", "half", "origin", "threshold")
_INDENT: Final = 2


def end_riskiest(
    log: Log,
    result: Riskiest,
    format: OutputFormat,  # noqa: A002
    *,
    model: str | None,
) -> NoReturn:
    """Show the accounts and exit; ``model`` is the requested one, None for the run's first."""
    write_result(format, riskiest_values(result), lambda: render_riskiest(result, model=model, width=columns()))
    log.leave(ExitCode.OK, f"{result.output}: {_counts(result)}", fields=_fields(result))


def riskiest_values(result: Riskiest) -> dict[str, Any]:
    """Return the result as values for JSON."""
    found = [asdict(one) | {"account_id": account_value(one.account_id)} for one in result.found]
    return asdict(result) | {"found": found}


def render_riskiest(result: Riskiest, *, model: str | None, width: int) -> Group:
    """Return one row for each account, and counts of the others, for a terminal of ``width`` columns.

    The command that follows repeats ``model`` if it is not None.
    """
    start = f" of {result.origin}" if result.origin else " of each account's own last day"
    within = f"{counted(result.window, 'day')}{start}"
    title = f"Most likely to be under {printable(result.threshold_name)} within {within}, by {printable(result.model)}"
    rows = [{name: cell(one) for name, (_, cell) in _COLUMNS.items()} for one in result.found]
    wanted = {name: _COLUMNS[name][0] for name in _informative_columns(result)}
    shown = fitting(wanted, rows, spared=_SPARED, width=width - _INDENT)
    table = ruled([wanted[name] for name in shown], [[row[name] for name in shown] for row in rows])
    counts = Indented(line(f"{_counts(result)}."))
    named = [one for one in result.found if printable(one.account_id) == str(one.account_id)]
    return sections(
        section(title, *([Indented(table)] if rows else []), counts),
        *(
            section("Next", command_line(show_command(one.account_id, one.currency, result.output, model=model)))
            for one in named[:1]
        ),
    )


def _informative_columns(result: Riskiest) -> list[str]:
    """Return the columns that are not empty or the same for all accounts."""
    idle = {
        "currency": all(one.currency is None for one in result.found),
        "origin": result.origin is not None,
        "threshold": is_amount(result.threshold_name),
        "by": all(one.model_used == result.model for one in result.found),
    }
    return [name for name in _COLUMNS if not idle.get(name, False)]


def _counts(result: Riskiest) -> str:
    """Return the counts of all accounts in words, including those without a forecast."""
    hidden = " (not listed: --include-under)" if result.under and not result.include_under else ""
    parts = [
        f"{result.under:,} already under it{hidden}",
        f"{result.likely:,} more with {percent(result.least)} or more",
    ]
    if result.without:
        parts.append(f"{result.without:,} without a forecast or threshold")
    return f"{counted(result.accounts, 'account')}: {', '.join(parts)}{_describe_truncation(result)}"


def _describe_truncation(result: Riskiest) -> str:
    """Return how many of the accounts are listed; nothing if all are."""
    if len(result.found) == result.matching:
        return ""
    if len(result.found) == 1:
        return f"; the first of {result.matching:,} is listed"
    return f"; the first {len(result.found):,} of {result.matching:,} are listed"


def _fields(result: Riskiest) -> dict[str, Any]:
    """Return the fields for the last line of a log."""
    return {name: value for name, value in asdict(result).items() if name not in ("output", "origin", "found")}
