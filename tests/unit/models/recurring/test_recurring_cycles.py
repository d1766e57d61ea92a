"""Due days and business days, on dates worked out by hand."""

from datetime import date

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.models.recurring.block import build_block
from forecast_cli.models.recurring.business_days import MAX_SHIFT, Rule, apply_rules, shift_days
from forecast_cli.models.recurring.cycles import BUSINESS_DAYS, DAY_STEPS, LATEST, Cycle, Phases, due_days
from forecast_cli.models.recurring.records import CANDIDATE
from forecast_cli.models.recurring.seeds import build_seeds
from forecast_cli.models.recurring.wording import rule_words


def number(day: str) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def due(cycle: Cycle, residue: int, anchor: int, until: str, count: int) -> list[str]:
    phases = Phases(np.array([int(cycle)]), np.array([residue]), np.array([anchor]))
    return [str(day) for day in due_days(phases, np.array([number(until)]), count)[0].astype("datetime64[D]")]


@pytest.mark.parametrize(
    ("cycle", "residue", "anchor", "until", "days"),
    [
        (Cycle.MONTHLY, 0, 31, "2024-03-30", ["2024-02-29", "2024-01-31", "2023-12-31"]),
        (Cycle.MONTHLY, 0, 31, "2025-03-31", ["2025-03-31", "2025-02-28", "2025-01-31"]),
        (Cycle.MONTHLY, 0, 30, "2025-03-29", ["2025-02-28", "2025-01-30"]),
        (Cycle.MONTHLY, 0, 17, "2026-01-16", ["2025-12-17", "2025-11-17"]),
        (Cycle.MONTHLY, 0, 17, "2026-01-17", ["2026-01-17", "2025-12-17"]),
        (
            Cycle.QUARTERLY,
            (2026 * 12 + 3 - 1970 * 12) % 3,
            15,
            "2026-06-30",
            ["2026-04-15", "2026-01-15", "2025-10-15"],
        ),
        (Cycle.TWO_MONTHLY, 1, 12, "2026-06-30", ["2026-06-12", "2026-04-12", "2026-02-12"]),
        (Cycle.MONTHLY_BUSINESS_DAY, 0, 3, "2026-06-30", ["2026-06-03", "2026-05-03"]),
        (Cycle.MONTHLY_BUSINESS_DAY, 0, 29, "2026-06-30", ["2026-06-28", "2026-05-29", "2026-04-28"]),
        (Cycle.MONTHLY_BUSINESS_DAY, 0, 30, "2024-03-01", ["2024-02-28", "2024-01-30"]),
        (Cycle.WEEKLY, number("2026-06-26") % 7, 0, "2026-07-01", ["2026-06-26", "2026-06-19"]),
        (Cycle.BIWEEKLY, number("2026-06-26") % 14, 0, "2026-07-09", ["2026-06-26", "2026-06-12"]),
        (Cycle.FOUR_WEEKLY, number("2026-06-26") % 28, 0, "2026-07-23", ["2026-06-26", "2026-05-29"]),
        (Cycle.THIRTY_DAYS, number("2026-03-04") % 30, 0, "2026-04-02", ["2026-03-04", "2026-02-02"]),
        (Cycle.MONTHLY_WEEKDAY, number("2026-06-26") % 7, 1, "2026-08-06", ["2026-07-03", "2026-06-05"]),
        (Cycle.MONTHLY_WEEKDAY, number("2026-06-26") % 7, 22, "2026-06-26", ["2026-06-26", "2026-05-22"]),
        (Cycle.MONTHLY_WEEKDAY, number("2026-06-26") % 7, 31, "2026-06-25", ["2026-05-29", "2026-04-24"]),
        (Cycle.MONTHLY_WEEKDAY, number("2026-06-28") % 7, 31, "2026-03-01", ["2026-02-22", "2026-01-25"]),
    ],
)
def test_due_days_go_back_from_a_day(cycle: Cycle, residue: int, anchor: int, until: str, days: list[str]):
    assert due(cycle, residue, anchor, until, len(days)) == days


TRIED = {
    Cycle.BIWEEKLY: [Cycle.WEEKLY, Cycle.FOUR_WEEKLY, Cycle.FOUR_WEEKLY],
    Cycle.MONTHLY: [Cycle.TWO_MONTHLY, Cycle.TWO_MONTHLY],
    Cycle.QUARTERLY: [Cycle.MONTHLY],
}


@pytest.mark.parametrize("until", ["2026-06-30", "2024-02-29", "2025-12-31", "2026-03-01"])
@pytest.mark.parametrize("cycle", [Cycle.WEEKLY, Cycle.BIWEEKLY, Cycle.THIRTY_DAYS, Cycle.MONTHLY, Cycle.QUARTERLY])
def test_days_due_of_a_candidate_are_those_of_its_phase_and_of_what_is_tried_in_its_place(cycle: Cycle, until: str):
    balance = 100.0 + np.arange(400) % 7
    block = build_block(panel_of(balance, end=date.fromisoformat(until)), slice(0, 1), 399)
    for place in (0, 6, 13, 29, 30, 35, 92):
        picks = np.zeros((1, 2), dtype=CANDIDATE)
        picks["score"][0, 0], picks["cycle"], picks["place"] = 10.0, int(cycle), place
        seeds, days = build_seeds(block, picks, np.array([0]))
        tried = TRIED.get(cycle, [])
        assert seeds["cycle"].tolist() == [int(cycle), *map(int, tried)]
        assert seeds["replaces"].tolist() == [-1, *(0 for _ in tried)]
        for seed in seeds:
            phases = Phases(*(np.array([seed[name]]) for name in ("cycle", "residue", "anchor")))
            want = due_days(phases, np.array([number(until) + LATEST + MAX_SHIFT]), 80)[0]
            want = want[want >= number(until) - 399 - 14]
            assert days[seed["start"] : seed["end"] : seed["every"]].tolist() == want.tolist()
        if cycle in {Cycle.BIWEEKLY, Cycle.MONTHLY}:  # the days of both halves are those of the whole
            own = [days[seed["start"] : seed["end"] : seed["every"]].tolist() for seed in seeds[[0, -2, -1]]]
            whole, *halves = map(set, own)
            assert halves[0] | halves[1] == whole
            assert not halves[0] & halves[1]
        if cycle in {Cycle.MONTHLY, Cycle.QUARTERLY}:
            assert seeds["anchor"][0] == place % 31 + 1
        else:
            assert number(until) - place in range(int(seeds["residue"][0]), 10**6, DAY_STEPS[cycle])


@pytest.mark.parametrize(
    ("holidays", "day", "before", "after"),
    [
        ("US", "2026-05-31", "2026-05-29", "2026-06-01"),  # a Sunday
        ("US", "2026-05-30", "2026-05-29", "2026-06-01"),  # a Saturday
        ("US", "2025-07-04", "2025-07-03", "2025-07-07"),  # Independence Day, a Friday
        ("US", "2025-12-25", "2025-12-24", "2025-12-26"),  # Christmas
        ("US", "2026-06-15", "2026-06-15", "2026-06-15"),
        ("GB", "2025-07-04", "2025-07-04", "2025-07-04"),
        ("GB", "2025-12-26", "2025-12-24", "2025-12-29"),  # Boxing Day, a Friday after Christmas
        ("GB", "2026-04-03", "2026-04-02", "2026-04-06"),  # Good Friday; all of the kingdom has no Easter Monday
        ("GB-ENG", "2026-04-03", "2026-04-02", "2026-04-07"),
        ("GB-SCT", "2026-01-02", "2025-12-31", "2026-01-05"),  # a Friday, and a holiday in Scotland
        ("XECB", "2026-05-01", "2026-04-30", "2026-05-04"),  # Labour Day, a Friday
        ("XECB", "2026-05-14", "2026-05-14", "2026-05-14"),  # Ascension Day: TARGET is open
        ("DE", "2026-05-14", "2026-05-13", "2026-05-15"),
        ("AE", "2021-06-18", "2021-06-17", "2021-06-20"),  # a Friday: Fridays and Saturdays were the weekend
        ("AE", "2021-06-20", "2021-06-20", "2021-06-20"),  # a Sunday
        ("AE", "2026-05-22", "2026-05-22", "2026-05-22"),  # a Friday: it has been Saturdays and Sundays since 2022
        ("AE", "2026-05-24", "2026-05-22", "2026-05-25"),
        ("CN", "2026-02-14", "2026-02-14", "2026-02-14"),  # a Saturday that was worked for the Spring Festival
        ("none", "2025-12-25", "2025-12-25", "2025-12-25"),
        ("none", "2026-05-30", "2026-05-29", "2026-06-01"),
        ("XNYS", "2026-04-03", "2026-04-02", "2026-04-06"),
        ("XETR", "1998-12-25", "1998-12-25", "1998-12-25"),  # before the calendar begins: weekends alone
        ("XETR", "1998-12-26", "1998-12-25", "1998-12-28"),
        ("IN", "1995-08-15", "1995-08-14", "1995-08-16"),  # before the package knows all of them, of which it warns
    ],
)
def test_payments_go_to_the_business_day_before_or_after(holidays: str, day: str, before: str, after: str):
    some = np.array([[number(day)]])
    assert shift_days(some, Rule.BEFORE, holidays)[0, 0] == number(before)
    assert shift_days(some, Rule.AFTER, holidays)[0, 0] == number(after)
    assert shift_days(some, Rule.NONE, holidays)[0, 0] == number(day)


@pytest.mark.parametrize(
    ("holidays", "day", "counted"),
    [
        ("US", "2026-06-01", "2026-06-01"),  # a Monday
        ("US", "2026-06-05", "2026-06-05"),
        ("US", "2026-06-06", "2026-06-08"),  # the sixth business day
        ("US", "2026-07-01", "2026-07-01"),
        ("US", "2026-07-03", "2026-07-06"),  # the 3rd makes up for Independence Day
        ("US", "2026-08-02", "2026-08-04"),  # the month begins on a Saturday
        ("US", "2026-05-31", "2026-05-29"),  # the last business day: the 31st is a Sunday
        ("US", "2026-05-30", "2026-05-28"),
        ("US", "2026-05-26", "2026-05-21"),  # the sixth last: Memorial Day is the 25th
        ("none", "2026-05-26", "2026-05-22"),
        ("US", "2024-02-28", "2024-02-28"),  # the second last of a leap year's February
        ("US", "2026-01-01", "2026-01-02"),  # New Year
    ],
)
def test_business_days_are_counted_from_the_nearer_end_of_the_month(holidays: str, day: str, counted: str):
    some = np.array([[number(day)]])
    assert shift_days(some, Rule.COUNT, holidays)[0, 0] == number(counted)
    assert apply_rules(some, np.array([Rule.COUNT]), holidays)[0, 0] == number(counted)


@pytest.mark.parametrize("holidays", ["US", "none", "GB", "AE", "SA", "CN", "JP", "VN"])
def test_the_business_days_that_are_looked_for_are_those_of_a_slow_count(holidays: str):
    days = np.arange(number("2000-01-01"), number("2030-01-01"))
    business = days[shift_days(days, Rule.AFTER, holidays) == days].astype("datetime64[D]")
    for month in np.arange("2000-01", "2030-01", dtype="datetime64[M]"):
        own = business[business.astype("datetime64[M]") == month].astype(np.int64)
        first, behind = (m.astype("datetime64[D]").astype(np.int64) for m in (month, month + np.timedelta64(1, "M")))
        for anchor in BUSINESS_DAYS:
            from_end = 31 - anchor
            due = first + anchor - 1 if anchor <= 15 else behind - 1 - from_end
            wanted = own[anchor - 1] if anchor <= 15 else own[-1 - from_end]
            assert shift_days(np.array([due]), Rule.COUNT, holidays)[0] == wanted


@pytest.mark.parametrize("holidays", ["US", "none", "GB-WLS", "XECB", "AE", "SA", "AM", "RU", "CN", "JP", "XTAI"])
def test_no_payment_is_moved_farther_than_a_stream_is_looked_for(holidays: str):
    days = np.arange(number("1970-01-01"), number("2060-01-01"))
    before, after = (shift_days(days, rule, holidays) for rule in (Rule.BEFORE, Rule.AFTER))
    assert 0 <= (days - before).min() <= (days - before).max() <= MAX_SHIFT
    assert 0 <= (after - days).min() <= (after - days).max() <= MAX_SHIFT
    for moved in (before, after):  # in order, and once moved for good
        assert (np.diff(moved) >= 0).all()
        assert np.array_equal(shift_days(shift_days(moved, Rule.BEFORE, holidays), Rule.AFTER, holidays), moved)


def test_each_stream_goes_by_its_own_rule():
    sunday = np.full((3, 1), number("2026-05-31"))
    moved = apply_rules(sunday, np.array([Rule.NONE, Rule.BEFORE, Rule.AFTER]), "US")
    assert moved[:, 0].tolist() == [number(day) for day in ("2026-05-31", "2026-05-29", "2026-06-01")]


@pytest.mark.parametrize(
    ("cycle", "residue", "days", "rule", "words"),
    [
        (Cycle.WEEKLY, number("2026-06-26") % 7, (0,), Rule.NONE, "every Friday"),
        (Cycle.BIWEEKLY, number("2026-06-26") % 14, (0,), Rule.BEFORE, "every second Friday, business day before"),
        (Cycle.FOUR_WEEKLY, number("2026-06-26") % 28, (0,), Rule.NONE, "every four weeks on Friday"),
        (Cycle.THIRTY_DAYS, 4, (0,), Rule.NONE, "every 30 days"),
        (Cycle.MONTHLY_WEEKDAY, number("2026-06-24") % 7, (15,), Rule.NONE, "third Wednesday of the month"),
        (Cycle.MONTHLY_WEEKDAY, number("2026-06-26") % 7, (31,), Rule.NONE, "last Friday of the month"),
        (Cycle.SEMI_MONTHLY, 0, (15, 31), Rule.BEFORE, "days 15 and last, business day before"),
        (Cycle.MONTHLY, 0, (31,), Rule.NONE, "last day"),
        (Cycle.MONTHLY, 0, (5,), Rule.AFTER, "day 5, business day after"),
        (Cycle.MONTHLY_BUSINESS_DAY, 0, (3,), Rule.COUNT, "third business day of the month"),
        (Cycle.MONTHLY_BUSINESS_DAY, 0, (30,), Rule.COUNT, "second last business day of the month"),
        (Cycle.MONTHLY_BUSINESS_DAY, 0, (26,), Rule.COUNT, "sixth last business day of the month"),
        (Cycle.TWO_MONTHLY, 1, (12,), Rule.NONE, "day 12 of Feb, Apr, Jun, Aug, Oct, Dec"),
        (Cycle.QUARTERLY, 0, (15,), Rule.NONE, "day 15 of Jan, Apr, Jul, Oct"),
    ],
)
def test_rules_are_described_in_words(cycle: Cycle, residue: int, days: tuple[int, ...], rule: Rule, words: str):
    assert rule_words(cycle, residue, days, rule) == words


def test_calendar_used_here_is_right():
    assert [date.fromisoformat(day).weekday() for day in ("2026-06-26", "2026-05-31", "2025-07-04")] == [4, 6, 4]
