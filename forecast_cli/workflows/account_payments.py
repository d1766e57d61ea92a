"""Expected and ended payments of one account, and the monthly sums of its recurring ones."""

from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import polars as pl

from forecast_cli.data.panel import Panel
from forecast_cli.engine.tables import events_table
from forecast_cli.models.recurring.cycles import OFFSETS, Cycle
from forecast_cli.models.recurring.events import coming_events
from forecast_cli.models.recurring.listing import StreamStatus, have_ended
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.workflows.explanation import EndedPayments, Payment, Regular

#: Days before the origin within which streams have ended that are worth telling.
_ENDED_WITHIN: Final = 92
_WEEKS_A_MONTH: Final = 365.25 / 12 / 7
#: Payments per month of each cycle.
_A_MONTH: Final = {
    Cycle.WEEKLY.label: _WEEKS_A_MONTH,
    Cycle.BIWEEKLY.label: _WEEKS_A_MONTH / 2,
    Cycle.FOUR_WEEKLY.label: _WEEKS_A_MONTH / 4,
    Cycle.THIRTY_DAYS.label: 365.25 / 12 / 30,
    Cycle.SEMI_MONTHLY.label: 2.0,
    Cycle.MONTHLY.label: 1.0,
    Cycle.TWO_MONTHLY.label: 1 / 2,
    Cycle.QUARTERLY.label: 1 / 3,
}


def next_payments(events: pl.DataFrame, origin: date, h: int) -> tuple[Payment, ...]:
    """Return the next payment of each stream of ``events.parquet``, if due within ``h`` days of ``origin``, by date."""
    due = events.filter(pl.col("next_date") <= origin + timedelta(days=h)).sort("next_date", "next_amount")
    return tuple(_payment(row, row["next_date"], row["next_amount"]) for row in due.iter_rows(named=True))


def all_payments(panel: Panel, streams: Streams, h: int) -> tuple[Payment, ...]:
    """Return every payment within ``h`` days of the origin by the streams of the only account of ``panel``, by date.

    Streams that have ended are left out, also one half of a semi-monthly one, and overdue payments that are passed over
    for the next one.
    """
    rows = events_table(panel, streams).to_dicts()
    row_of, ended = _row_of(streams), have_ended(streams)
    coming = coming_events(streams, panel.origins, h)
    days = (coming.due + OFFSETS[np.argmax(coming.chance, axis=1)]).astype("datetime64[D]").tolist()
    last = panel.origins[0].item() + timedelta(days=h)
    expected = [
        (rows[row_of[stream]], day, float(streams.amount[stream]))
        for stream, day in zip(coming.stream.tolist(), days, strict=True)
        if not ended[stream]
    ]
    found = [_payment(row, day, amount) for row, day, amount in expected if row["next_date"] <= day <= last]
    return tuple(sorted(found, key=lambda payment: (payment.day, payment.amount)))


def ended_payments(events: pl.DataFrame, origin: date) -> tuple[EndedPayments, ...]:
    """Return the streams of ``events.parquet`` that have ended within three months before ``origin``, newest first."""
    recent = pl.col("last_seen") > origin - timedelta(days=_ENDED_WITHIN)
    ended = events.filter(pl.col("status") == StreamStatus.ENDED.value, recent)
    return tuple(
        EndedPayments(row["last_seen"], row["amount"], row["rule"], row["n_seen"], row["first_seen"])
        for row in ended.sort("last_seen", "amount", descending=True).iter_rows(named=True)
    )


def regular_of(events: pl.DataFrame) -> Regular:
    """Return the monthly inflow and outflow of the streams that have not ended."""
    running = events.filter(pl.col("status") != StreamStatus.ENDED.value)
    monthly = [row["amount"] * _A_MONTH[row["cycle"]] for row in running.iter_rows(named=True)]
    return Regular(
        streams=len(monthly),
        in_a_month=sum(amount for amount in monthly if amount > 0),
        out_a_month=sum(amount for amount in monthly if amount < 0),
    )


def _row_of(streams: Streams) -> dict[int, int]:
    """Return the row of the events table for each stream; the two halves of a semi-monthly stream share one row."""
    partner = streams.partner.tolist()
    leaders = [min(stream, other) if other >= 0 else stream for stream, other in enumerate(partner)]
    place = {leader: row for row, leader in enumerate(sorted(set(leaders)))}
    return {stream: place[leader] for stream, leader in enumerate(leaders)}


def _payment(row: dict[str, Any], day: date, amount: float) -> Payment:
    return Payment(day, amount, row["rule"], row["confidence"], row["n_seen"], row["first_seen"])
