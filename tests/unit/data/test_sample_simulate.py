"""Rules of the sample's simulation, for one account and without random numbers."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from forecast_cli.data.sample.accounts import Accounts
from forecast_cli.data.sample.calendars import sample_calendar
from forecast_cli.data.sample.kinds import Life, code_of
from forecast_cli.data.sample.profiles import Profiles
from forecast_cli.data.sample.simulate import Plans, simulate

DAYS = 60
CALENDAR = sample_calendar(date(2025, 3, 1), DAYS)  # from 2025-01-01: months end on days 30 and 58


def one(value: float) -> np.ndarray:
    return np.array([value], dtype=np.float64)


PROFILE = Profiles(
    start=one(0),
    target=one(100_000),
    scale=one(100_000),
    least=one(0.5),
    most=one(2.0),
    floor=one(0),
    credit_rate=one(0),
    debit_rate=one(0),
    overdraft_fee=one(0),
    repaid=one(0),
)


def run(profile: Profiles, *, life: Life = Life.FULL, closed: int = DAYS - 1, **plans: np.ndarray) -> np.ndarray:
    nothing = np.zeros((DAYS, 1))
    zero = np.array([0])
    accounts = Accounts(
        block=0,
        archetype=zero,
        life=np.array([code_of(life)]),
        feed=zero,
        currency=zero,
        opened=zero,
        left=np.array([closed]),
        closed=np.array([closed]),
        turnover=one(100_000),
    )
    default = Plans(fixed=nothing, wanted=nothing, due=nothing > 0, luck=nothing + 0.99)
    return simulate(CALENDAR, accounts, profile, replace(default, **plans))[:, 0]


def on(days: dict[int, float]) -> np.ndarray:
    grid = np.zeros((DAYS, 1))
    for day, value in days.items():
        grid[day] = value
    return grid


@pytest.mark.parametrize(("balance", "spent"), [(20_000, 500), (100_000, 1_000), (150_000, 1_500), (900_000, 2_000)])
def test_spending_answers_to_the_level(balance: float, spent: float):
    path = run(PROFILE, fixed=on({0: balance}), wanted=on({5: 1_000}))
    assert path[4] - path[5] == spent


def test_spending_stops_at_the_floor_but_bills_do_not():
    path = run(PROFILE, fixed=on({0: 300, 8: -400}), wanted=on({5: 1_000}))
    assert path[5] == 0
    assert path[8] == -400


def test_going_under_zero_costs_a_fee_the_next_day_once():
    path = run(replace(PROFILE, overdraft_fee=one(3_500)), fixed=on({0: 100, 5: -200}))
    assert path[5:9].tolist() == [-100, -3_600, -3_600, -3_600]


def test_an_account_under_its_floor_is_topped_up_when_luck_will_have_it():
    luck = on({}) + 0.99
    luck[10] = 0.1
    path = run(PROFILE, fixed=on({0: 100, 5: -200}), luck=luck)
    assert path[9] == -100
    assert path[10] == 34_900  # 30 % of the target and the debt, in whole fifties


def test_interest_comes_on_the_last_day_of_the_month():
    path = run(replace(PROFILE, credit_rate=one(3.65)), fixed=on({0: 1_000_000}))
    assert path[29] == 1_000_000
    assert path[30] == 1_000_000 + 31 * 100
    assert path[58] == path[57] + np.rint(28 * path[57] * 3.65 / 36_500)


def test_debt_costs_the_debit_rate():
    path = run(replace(PROFILE, debit_rate=one(18.25), floor=one(-1e9)), fixed=on({0: -100_000}))
    assert path[30] == -100_000 - 31 * 50


def test_a_card_paid_in_full_pays_its_statement_and_not_what_came_after():
    card = replace(PROFILE, repaid=one(1.0), floor=one(-1e9))
    path = run(card, fixed=on({0: -50_000, 20: -7_000}), due=on({30: 1}) > 0)
    assert path[29] == -57_000
    assert path[30] == -7_000


@pytest.mark.parametrize(("owed", "paid"), [(200_000, 10_000), (20_000, 2_500), (1_000, 1_000)])
def test_a_revolving_card_pays_its_share_and_no_less_than_the_least(owed: float, paid: float):
    card = replace(PROFILE, repaid=one(0.05), floor=one(-1e9))
    path = run(card, fixed=on({0: -owed}), due=on({30: 1}) > 0)
    assert path[30] - path[29] == paid


def test_a_closed_account_is_paid_out():
    path = run(PROFILE, life=Life.CLOSED, closed=20, fixed=on({0: 5_000}))
    assert path[19] == 5_000
    assert not path[20:].any()
