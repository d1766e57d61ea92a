"""Calendars that may be wrong: one without holidays, and one whose regions have more of them."""

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
