"""Result of ``show``: one account on stdout, as text or as JSON, and one line for a log."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NoReturn

from rich.console import Group, RenderableType
from rich.text import Text

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import columns, encoding_of
from forecast_cli.cli.views.accounts import MEANINGS, STYLES
from forecast_cli.cli.views.result import write_result
from forecast_cli.cli.views.show_risk import describe_threshold, render_risk
from forecast_cli.config.calendars import HOME, describe_calendar
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import mark_id
from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import money
from forecast_cli.reports.json_text import account_value
from forecast_cli.reports.terminal.fan import ASCII, NEEDED, UNICODE, FanChart, near_thresholds, render_fan
from forecast_cli.reports.terminal.flags import describe_flag
from forecast_cli.reports.terminal.layout import Cell, Column, Indented, aligned, line, ruled, section, sections
from forecast_cli.workflows.explanation import (
    AccountExplanation,
    AccountFan,
    Band,
    EndedPayments,
    Payment,
    Rates,
    Regular,
    Share,
    Standing,
    Why,
)

_LEVEL = 80.0
_RIGHT = Column(align="right")
_FACTS = (Column(), Column(wraps=True))
#: What is known of the stream of a payment.
_STREAM = (Column(" rule", wraps=True), Column(" seen", "right"), Column(" since"))


def end_explanation(log: Log, explanation: AccountExplanation, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show the explanation of an account and exit."""
    write_result(
        format,
        explanation_values(explanation),
        lambda: render_explanation(explanation, width=columns(), ascii_only=not _shows(NEEDED)),
    )
    account, status = mark_id(explanation.account_id), explanation.standing.status
    log.leave(ExitCode.OK, f"{explanation.output}: account {account}: {status}")


def explanation_values(explanation: AccountExplanation) -> dict[str, Any]:
    """Return the explanation of an account as values for JSON."""
    values = asdict(explanation)
    flags = {flag: describe_flag(flag) for flag in explanation.standing.flags}
    return values | {
        "account_id": account_value(explanation.account_id),
        "standing": values["standing"] | {"flags": flags},
    }


def render_explanation(explanation: AccountExplanation, *, width: int, ascii_only: bool) -> Group:
    """Return the explanation of an account, for a terminal of ``width`` columns."""
    fan = explanation.fan
    return sections(
        section(_title(explanation), aligned(_FACTS, _header(explanation))),
        None if fan is None else _chart(explanation, fan, width=width, ascii_only=ascii_only),
        _payments(explanation) if explanation.regular is not None else None,
        _ended(explanation.ended) if explanation.ended else None,
        _level(explanation.rates, explanation.regular) if explanation.rates or explanation.regular else None,
        render_risk(explanation.risk, width=width) if explanation.risk else None,
        _why(explanation.why, explanation.horizon) if explanation.why else None,
    )


def _shows(characters: str) -> bool:
    """Return whether stdout can encode all of ``characters``."""
    try:
        characters.encode(encoding_of(sys.stdout))
    except UnicodeEncodeError:
        return False
    return True


def _title(explanation: AccountExplanation) -> str:
    currency = "" if explanation.currency is None else f" {printable(explanation.currency)}"
    return f"Account {printable(explanation.account_id)}{currency}"


def _header(explanation: AccountExplanation) -> list[tuple[Cell, Cell]]:
    standing = explanation.standing
    status = Text(standing.status.value, style=STYLES[standing.status])
    rows: list[tuple[Cell, Cell]] = [("status", status.append(f": {MEANINGS[standing.status]}", style="default"))]
    if standing.reason:
        rows.append(("reason", printable(standing.reason)))
    title = "flag" if len(standing.flags) == 1 else "flags"
    rows += [(title if place == 0 else "", describe_flag(flag)) for place, flag in enumerate(standing.flags)]
    rows += [("history", _history(standing)), ("model", _model(standing))]
    if explanation.fan is not None:
        rows.append(("forecast", f"{counted(explanation.horizon, 'day')} ahead from {explanation.origin}"))
    return rows


def _history(standing: Standing) -> str:
    if standing.first is None:
        return "no day with a balance"
    days = counted(standing.n_obs or 0, "day") + " with a balance"
    repairs = [f"{name.replace('_', ' ')} {count:,}" for name, count in standing.repairs.items()]
    told = f"; repairs: {', '.join(repairs)}" if repairs and standing.model_used else ""
    return f"{days}, {standing.first} to {standing.last}{told}"


def _model(standing: Standing) -> str:
    asked, used = printable(standing.model), standing.model_used
    if used is None:
        return f"{asked}: no forecast"
    return asked if used == standing.model else f"{printable(used)}, in place of {asked}"


def _chart(explanation: AccountExplanation, fan: AccountFan, *, width: int, ascii_only: bool) -> Group:
    assert explanation.origin is not None  # noqa: S101 - a fan has one
    band = _band(fan)
    balances = explanation.history.balances if explanation.history else ()
    amounts = [one.amount for one in explanation.risk]
    chart = FanChart(explanation.origin, balances, fan.median, band.low, band.high, amounts)
    days = f"the last {counted(len(balances), 'day')} and " if balances else ""
    notes = [line(f"History: {printable(explanation.history_note)}.", "yellow")] if explanation.history_note else []
    return section(
        f"Balance: {days}{counted(len(fan.dates), 'day')} ahead",
        render_fan(chart, width=width, ascii_only=ascii_only),
        Indented(line(_legend(explanation, chart, band, ascii_only=ascii_only))),
        *(Indented(note) for note in notes),
    )


def _band(fan: AccountFan) -> Band:
    """Return the interval nearest to 80 %."""
    return min(fan.bands, key=lambda band: abs(band.level - _LEVEL))


def _legend(explanation: AccountExplanation, chart: FanChart, band: Band, *, ascii_only: bool) -> str:
    glyphs = ASCII if ascii_only else UNICODE
    history = "*" if ascii_only else "⠒⠒"
    near = near_thresholds(chart)
    names = [describe_threshold(one) for one in explanation.risk]
    drawn = [name for name, one in zip(names, explanation.risk, strict=True) if one.amount in near]
    away = [name for name, one in zip(names, explanation.risk, strict=True) if one.amount not in near]
    word = "threshold" if len(drawn) == 1 else "thresholds"
    parts = [f"{history} balance"] if explanation.history else []
    parts += [f"{glyphs.median} median", f"{glyphs.band} {band.level:g} % interval"]
    parts += [f"{glyphs.threshold * 2} {word} {', '.join(drawn)}"] if drawn else []
    parts += [f"not drawn, too far away: {', '.join(away)}"] if away else []
    return "; ".join(parts)


def _payments(explanation: AccountExplanation) -> Group:
    title = _payments_title(explanation.holidays)
    if not explanation.payments:
        return section(title, Indented(line("no recurring payment falls due")))
    columns = (
        Column("date"),
        Column(" amount", "right"),
        Column(" likely", "right"),
        *_STREAM,
    )
    notes = [] if explanation.every_payment else ["Only the next of each is listed: later ones need the history."]
    return section(
        title,
        Indented(ruled(columns, [_payment(payment) for payment in explanation.payments])),
        *(Indented(line(note)) for note in notes),
    )


def _ended(ended: Sequence[EndedPayments]) -> Group:
    columns = (Column("last"), Column(" amount", "right"), *_STREAM)
    rows = [(one.last_seen.isoformat(), f" {money(one.amount)}", *_stream(one)) for one in ended]
    return section("Ended payments, last seen within three months", Indented(ruled(columns, rows)))


def _payments_title(holidays: str | None) -> str:
    """Return the heading of the expected payments, with the calendar that moves them if it is not the default."""
    return "Coming payments" if holidays in (None, HOME) else f"Coming payments, by {describe_calendar(str(holidays))}"


def _payment(payment: Payment) -> Sequence[str]:
    likely = f" {round(payment.confidence * 100)} %"
    return payment.day.isoformat(), f" {money(payment.amount)}", likely, *_stream(payment)


def _stream(one: Payment | EndedPayments) -> Sequence[str]:
    """Return the cells of ``_STREAM``."""
    return f" {one.rule}", f" {one.seen}", f" {one.since}"


def _level(rates: Rates | None, regular: Regular | None) -> Group:
    rows: list[tuple[str, str, str]] = []
    if rates is not None:
        days = "day" if rates.days == 1 else counted(rates.days, "day")
        rows += [
            ("mean balance", money(rates.mean_balance), f"mean of the last {days}"),
            ("in a day", money(rates.in_a_day), "of the same days"),
            ("out a day", money(rates.out_a_day), "of the same days"),
        ]
    if regular is not None:
        streams = counted(regular.streams, "recurring payment")
        rows += [
            ("regular in a month", money(regular.in_a_month), f"of {streams}"),
            ("regular out a month", money(regular.out_a_month), "of the same payments"),
        ]
    return section("Level and spending", aligned((Column(), _RIGHT, Column(wraps=True)), rows))


def _why(why: Why, horizon: int) -> Group:
    parts: list[RenderableType] = []
    if why.steps:
        columns = (
            Column("days", "right"),
            Column(" last balance", "right"),
            Column(" its own\n past", "right"),
            Column(" accounts\n like it", "right"),
            Column(" mean\n forecast", "right"),
        )
        rows = [
            (str(step.days), *(f" {money(part)}" for part in (step.last, step.own, step.correction, step.mean)))
            for step in why.steps
        ]
        parts.append(Indented(ruled(columns, rows)))
    if why.shares:
        parts.append(Indented(line(_joined(why.shares))))
    return section("Why", *parts, Indented(line(_learned(why, horizon))))


def _joined(shares: Sequence[Share]) -> str:
    weights = ", ".join(f"{100 * one.share:.0f} % on days {one.first} to {one.last}" for one in shares)
    return f"{printable(shares[0].candidate)} joined with a weight of {weights}."


def _learned(why: Why, horizon: int) -> str:
    if why.learned_as_of is None or why.learned_days is None:
        return "Nothing was learned from other accounts: too few of them have enough history."
    learned = f"Learned from {counted(why.windows or 0, 'window')} of all accounts before {why.learned_as_of}"
    if why.learned_days >= horizon:
        return f"{learned}."
    days = counted(why.learned_days, "day")
    return f"{learned}, {days} ahead: their history is too short for more. Later days follow from these."
