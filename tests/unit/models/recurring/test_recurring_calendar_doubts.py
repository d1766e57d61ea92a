"""Calendars that may be wrong: one without holidays, and one whose regions have more of them."""

from datetime import date

import pytest

from forecast_cli.models.recurring.calendar_doubts import calendar_doubts


@pytest.mark.parametrize("name", ["US", "none", "GB-ENG", "CZ", "XECB", "AE"])
def test_most_calendars_are_not_doubted(name: str) -> None:
    assert calendar_doubts(name, 2026) == []


def test_country_whose_parts_have_holidays_on_top_is_doubted() -> None:
    assert calendar_doubts("GB", 2026) == [
        "holidays GB: most of its parts have a holiday on 2026-04-06 and 2026-08-31, the country as a whole has none; "
        "name the part that accounts are of, as in --holidays GB-ENG"
    ]


def test_year_that_a_calendar_does_not_know_is_doubted() -> None:
    (doubt,) = calendar_doubts("XECB", 1990)
    assert doubt.startswith("holidays XECB: none are known for 1990, so that only weekends move payments")


@pytest.mark.parametrize(("parts", "doubted"), [(("ENG", "WLS"), False), (("ENG", "WLS", "NIR"), True)])
def test_a_holiday_is_missing_if_more_than_half_of_the_four_parts_have_it(
    monkeypatch: pytest.MonkeyPatch, parts: tuple[str, ...], doubted: bool
) -> None:
    own, extra = date(2026, 1, 1), date(2026, 10, 30)

    def some_have_more(name: str, _: int) -> frozenset[date]:
        return frozenset({own, extra} if name.removeprefix("GB-") in parts else {own})

    monkeypatch.setattr("forecast_cli.models.recurring.calendar_doubts.weekday_holidays", some_have_more)
    assert bool(calendar_doubts("GB", 2026)) == doubted
