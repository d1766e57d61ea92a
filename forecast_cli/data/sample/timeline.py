"""Timelines: the simulated balances of one block, and the days on which each account has a row."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from forecast_cli.data.sample.accounts import BLOCK, Accounts, draw_accounts
from forecast_cli.data.sample.bills import CARD_PAYMENT, draw_bills
from forecast_cli.data.sample.calendars import Calendar, sample_calendar
from forecast_cli.data.sample.draws import Bools, Floats, Ints, generator
from forecast_cli.data.sample.kinds import Feed, code_of
from forecast_cli.data.sample.profiles import Profiles, budgets, draw_profiles
from forecast_cli.data.sample.salaries import draw_salaries
from forecast_cli.data.sample.simulate import Plans, simulate
from forecast_cli.data.sample.spec import LAST_DAY, SampleSpec
from forecast_cli.data.sample.spending import CASH, INCOMING, OUTGOING, draw_habits
from forecast_cli.data.sample.streams import Payments, schedule_all

_MISSING: Final = 0.04  # share of a patchy feed's rows


@dataclass(frozen=True)
class BlockDraws:
    """All random draws of one block except those of its daily simulation."""

    calendar: Calendar
    accounts: Accounts
    profiles: Profiles
    payments: Payments
    budget: Floats


@dataclass(frozen=True)
class Timeline:
    """End-of-day balances [t, n] of a block in whole cents, and which of them its feeds show [t, n]."""

    balances: Floats
    shown: Bools


def draw_block(spec: SampleSpec, block: int) -> BlockDraws:
    """Draw the accounts of a block and the payments of their streams."""
    calendar = sample_calendar(LAST_DAY, spec.days)
    accounts = draw_accounts(spec, block)
    profiles = draw_profiles(accounts, spec.seed)
    bills = draw_bills(calendar, accounts, generator(spec.seed, block, "bills"))
    streams = draw_salaries(calendar, accounts, spec.seed) + bills
    return BlockDraws(
        calendar=calendar,
        accounts=accounts,
        profiles=profiles,
        payments=schedule_all(calendar, streams, generator(spec.seed, block, "payments")),
        budget=budgets(accounts, profiles, bills),
    )


def simulate_block(drawn: BlockDraws, seed: int) -> Timeline:
    """Simulate a block from its first day to its last."""
    balances = simulate(drawn.calendar, drawn.accounts, drawn.profiles, _plans(drawn, seed))
    return Timeline(balances, _observed_days(drawn, balances, seed))


def _plans(drawn: BlockDraws, seed: int) -> Plans:
    calendar, accounts, paid = drawn.calendar, drawn.accounts, drawn.payments
    habits = partial(draw_habits, calendar, accounts, seed=seed)
    shape = calendar.days, BLOCK
    fixed = _grid(shape, paid.day, paid.row, np.nan_to_num(paid.cents))
    fixed = fixed + habits(INCOMING, budget=accounts.turnover) - habits(CASH, budget=drawn.budget)
    fixed[accounts.opened, np.arange(BLOCK)] += drawn.profiles.start
    repays = np.isin(paid.kind, [i for i, terms in enumerate(paid.kinds) if terms.kind == CARD_PAYMENT])
    return Plans(
        fixed=fixed,
        wanted=habits(OUTGOING, budget=drawn.budget),
        due=_grid(shape, paid.day[repays], paid.row[repays], np.ones(int(repays.sum()))) > 0,
        luck=generator(seed, accounts.block, "luck").random(shape),
    )


def _grid(shape: tuple[int, int], day: Ints, row: Ints, values: Floats) -> Floats:
    """Sum ``values`` [p] into a grid [t, n]."""
    summed = np.bincount(day * shape[1] + row, weights=values, minlength=shape[0] * shape[1])
    return summed.astype(np.float64).reshape(shape)


def _observed_days(drawn: BlockDraws, balances: Floats, seed: int) -> Bools:
    """Return on which days [t, n] an account has a row: those of its feed, its first day, and the day it is closed."""
    accounts, day = drawn.accounts, np.arange(len(balances))[:, None]
    moved = np.diff(balances, axis=0, prepend=0.0) != 0
    received = generator(seed, accounts.block, "received").random(balances.shape) >= _MISSING
    by_feed = {
        Feed.MOVES: moved,
        Feed.DAILY: np.ones_like(moved),
        Feed.WEEKDAYS: np.broadcast_to(drawn.calendar.business[:, None], moved.shape),
        Feed.PATCHY: received,
    }
    shown: Bools = (day == accounts.opened) | ((day == accounts.closed) & ~accounts.survives)
    for feed, days in by_feed.items():
        shown = shown | (days & (accounts.feed == code_of(feed)))
    return shown & (day >= accounts.opened) & (day <= accounts.closed)
