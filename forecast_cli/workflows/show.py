"""Explanation of one account of a finished forecast: its history, forecast and risk, and what the forecast rests on."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from forecast_cli.config.calendars import HOME
from forecast_cli.data.panel import Panel
from forecast_cli.models.auto import NAME as AUTO
from forecast_cli.models.pooled.outlook import Outlook, forecast_outlook
from forecast_cli.models.pooled.windows import MIN_TRAIN
from forecast_cli.store.layout import ACCOUNTS, EVENTS, FAILURES, LEARNED_SCORES, RISK, WEIGHTS
from forecast_cli.workflows.account_history import AccountPast, read_account_past, recent_history, recent_rates
from forecast_cli.workflows.account_key import AccountKey, find_key
from forecast_cli.workflows.account_payments import all_payments, ended_payments, next_payments, regular_of
from forecast_cli.workflows.account_tables import (
    read_account_status,
    read_fan,
    read_learned_vintage,
    read_risk,
    read_shares,
    rows_of,
)
from forecast_cli.workflows.explanation import AccountExplanation, AccountFan, Breakdown, ShowRequest, Why
from forecast_cli.workflows.places import open_finished_run
from forecast_cli.workflows.run_tables import RunTables, choose_model, common_origin, keys_of, reading_tables, tables_of

#: The tables to read, besides the part files that hold the account.
_READ: Final = (ACCOUNTS, FAILURES, RISK, EVENTS, LEARNED_SCORES, WEIGHTS)
#: Days ahead at which the forecast is broken down.
_STEPS: Final = (7, 14, 30)


def explain_account(request: ShowRequest) -> AccountExplanation:
    """Return all that a finished forecast holds about one account, and its history. Only that account's rows are read.

    Raises UsageError for an account, currency or model that the run does not have, InputRejectedError if
    ``request.input`` is given and cannot be read, ConfigError if the run's settings are not valid with the packages
    installed here or an address cannot be opened, OutputNotWrittenError if an address cannot be read, CheckFailedError
    if a table to read is damaged, and what ``tables_of`` raises.
    """
    with open_finished_run(request.forecast) as folder, reading_tables(folder):
        tables = tables_of(folder)
        tables.refuse_damaged(tables.paths(*_READ))
        return _explain(tables, request)


def _explain(tables: RunTables, request: ShowRequest) -> AccountExplanation:
    settings = tables.manifest.settings
    model = choose_model(tables, request.model)
    key = find_key(tables.scan(ACCOUNTS), request, keys_of(settings))
    standing = read_account_status(tables, key, model)
    explanation = AccountExplanation(
        account_id=key.values[0],
        currency=key.values[1] if len(key.values) > 1 else None,
        output=request.forecast,
        origin=common_origin(tables),
        horizon=settings["horizon"],
        models=tuple(settings["model"]),
        standing=standing,
    )
    fan = read_fan(tables, key, model) if standing.model_used else None
    if fan is None:
        return explanation
    origin, risk = fan.dates[0] - timedelta(days=1), read_risk(tables, key, model)
    past = read_account_past(tables.manifest, key, common_origin(tables), request.input)
    return _add_reasons(replace(explanation, origin=origin, fan=fan, risk=risk), tables, past, fan, key)


def _add_reasons(
    explanation: AccountExplanation, tables: RunTables, past: AccountPast, fan: AccountFan, key: AccountKey
) -> AccountExplanation:
    """Add history, payments and reasons to an explanation; fewer if the history cannot be read."""
    origin, h, panel = fan.dates[0] - timedelta(days=1), len(fan.dates), past.panel
    vintage = read_learned_vintage(tables, origin, first_month=_history_days(explanation, past, origin) < MIN_TRAIN)
    known = replace(explanation, history_note=past.note)
    outlook = None
    if panel is not None:
        known = replace(known, history=recent_history(panel), rates=recent_rates(panel))
        outlook = forecast_outlook(panel, max(h, vintage.horizon if vintage else h)) if past.same else None
    if tables.has(EVENTS):
        events = rows_of(tables, key, EVENTS)
        own = all_payments(panel, outlook.streams, h) if panel is not None and outlook is not None else None
        known = replace(
            known,
            regular=regular_of(events),
            holidays=tables.manifest.settings.get("holidays", HOME),
            payments=next_payments(events, origin, h) if own is None else own,
            every_payment=own is not None,
            ended=ended_payments(events, origin),
        )
    if AUTO == known.standing.model_used == known.standing.model:
        steps: tuple[Breakdown, ...] = ()
        if panel is not None and outlook is not None:
            steps = _steps(outlook, fan, panel, learned=vintage is not None)
        as_of, windows, days = (vintage.as_of, vintage.windows, vintage.learned_days) if vintage else (None, None, None)
        known = replace(known, why=Why(as_of, windows, days, steps, read_shares(tables, key, AUTO)))
    return known


def _history_days(explanation: AccountExplanation, past: AccountPast, origin: date) -> int:
    """Return the days of history of the account, by the ledger if the history itself cannot be read."""
    if past.panel is not None:
        return int(past.panel.lengths[0])
    first = explanation.standing.first
    return (origin - first).days + 1 if first is not None else 0


def _steps(outlook: Outlook, fan: AccountFan, panel: Panel, *, learned: bool) -> tuple[Breakdown, ...]:
    """Return the breakdown of the mean forecast at each of ``_STEPS`` days ahead that the horizon allows.

    Where nothing was learned, all of it is the account's own.
    """
    h, last = len(fan.dates), float(panel.y[0, -1])
    return tuple(
        Breakdown(days, last, own - last, fan.mean[days - 1] - own, fan.mean[days - 1])
        for days in sorted({*(step for step in _STEPS if step < h), min(h, _STEPS[-1])})
        for own in [float(outlook.path[0, days - 1]) if learned else fan.mean[days - 1]]
    )
