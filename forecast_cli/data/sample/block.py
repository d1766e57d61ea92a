"""Blocks: a thousand accounts drawn together, and tables of any range of accounts cut from them."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

import numpy as np
import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.data.sample.accounts import BLOCK, draw_accounts
from forecast_cli.data.sample.calendars import Calendar
from forecast_cli.data.sample.draws import Ints
from forecast_cli.data.sample.kinds import AccountType, Archetype, Currency, Feed, Life
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.data.sample.timeline import draw_block, simulate_block

BALANCE: Final = "balance"
ACCOUNT_TYPE: Final = "account_type"

_ROW: Final = "row"


def generate_block(spec: SampleSpec, first: int, count: int) -> pl.DataFrame:
    """Return the balances of ``count`` accounts from number ``first`` on: one row for each account and day of its feed.

    Columns account_id, date, balance (Float64, whole cents), account_type and currency (Enum), sorted by account and
    date. Account numbers count from 0; an account is the same in every range.
    """
    return _concat_blocks(spec, first, count, table=_balance_table)


def planted_payments(spec: SampleSpec, first: int, count: int) -> pl.DataFrame:
    """Return every payment of the recurring streams of a range of accounts.

    Columns account_id, stream (a number, unique in its block of accounts), kind, cycle, date, amount (signed, in units
    of the balance; null if it depends on the balance: interest and card payments).
    """
    return _concat_blocks(spec, first, count, table=_payment_table)


def planted_streams(spec: SampleSpec, first: int, count: int) -> pl.DataFrame:
    """Return the recurring streams of a range of accounts, one row each, without those that had no payment.

    Columns account_id, stream, kind, cycle, amount (mean, signed), first, last (dates of payment), payments (number).
    """
    return (
        planted_payments(spec, first, count)
        .group_by(c.ACCOUNT_ID, "stream", "kind", "cycle", maintain_order=True)
        .agg(
            pl.col("amount").mean().round(2),
            pl.col(c.DATE).min().alias("first"),
            pl.col(c.DATE).max().alias("last"),
            pl.len().alias("payments"),
        )
    )


def describe_accounts(spec: SampleSpec, first: int, count: int) -> pl.DataFrame:
    """Return the properties of a range of accounts: account_id, account_type, archetype, life, feed, currency."""
    return _concat_blocks(spec, first, count, table=_account_table)


def account_name(number: int) -> str:
    """Return the id of an account, such as ``acc-0000017``."""
    return f"acc-{number:07d}"


def _concat_blocks(
    spec: SampleSpec, first: int, count: int, *, table: Callable[[SampleSpec, int], pl.DataFrame]
) -> pl.DataFrame:
    """Return the rows of accounts ``first`` to ``first + count - 1``, from the tables of their blocks."""
    last = min(first + count, spec.accounts)
    parts = [
        table(spec, block).filter(pl.col(_ROW).is_between(first - block * BLOCK, last - block * BLOCK, closed="left"))
        for block in range(first // BLOCK, max(-(-last // BLOCK), first // BLOCK + 1))
    ]
    return pl.concat(parts).drop(_ROW)


def _balance_table(spec: SampleSpec, block: int) -> pl.DataFrame:
    drawn = draw_block(spec, block)
    timeline = simulate_block(drawn, spec.seed)
    row, day = np.nonzero(timeline.shown.T)
    return pl.DataFrame(
        {
            _ROW: row,
            c.ACCOUNT_ID: _names(block).gather(row),
            c.DATE: _dates(drawn.calendar, day),
            BALANCE: timeline.balances[day, row] / 100.0,
            ACCOUNT_TYPE: _labels(AccountType, drawn.accounts.types[row]),
            c.CURRENCY: _labels(Currency, drawn.accounts.currency[row]),
        }
    )


def _payment_table(spec: SampleSpec, block: int) -> pl.DataFrame:
    drawn = draw_block(spec, block)
    paid = drawn.payments
    kinds = pl.Series([terms.kind for terms in paid.kinds], dtype=pl.String)
    cycles = pl.Series([terms.cycle.value for terms in paid.kinds], dtype=pl.String)
    return pl.DataFrame(
        {
            _ROW: paid.row,
            c.ACCOUNT_ID: _names(block).gather(paid.row),
            "stream": paid.stream,
            "kind": kinds.gather(paid.kind),
            "cycle": cycles.gather(paid.kind),
            c.DATE: _dates(drawn.calendar, paid.day),
            "amount": pl.Series(paid.cents / 100.0).fill_nan(None),
        }
    ).sort(_ROW, "stream", c.DATE)


def _account_table(spec: SampleSpec, block: int) -> pl.DataFrame:
    accounts = draw_accounts(spec, block)
    return pl.DataFrame(
        {
            _ROW: np.arange(BLOCK),
            c.ACCOUNT_ID: _names(block),
            ACCOUNT_TYPE: _labels(AccountType, accounts.types),
            "archetype": _labels(Archetype, accounts.archetype),
            "life": _labels(Life, accounts.life),
            "feed": _labels(Feed, accounts.feed),
            c.CURRENCY: _labels(Currency, accounts.currency),
        }
    )


def _names(block: int) -> pl.Series:
    return pl.Series([account_name(number) for number in range(block * BLOCK, (block + 1) * BLOCK)], dtype=pl.String)


def _dates(calendar: Calendar, day: Ints) -> pl.Series:
    return pl.Series(day + calendar.start).cast(pl.Int32).cast(pl.Date)


def _labels(names: type[StrEnum], codes: Ints) -> pl.Series:
    values = [name.value for name in names]
    return pl.Series(values, dtype=pl.Enum(values)).gather(codes)
