"""Durations as text, such as 90s or 2h."""

import pytest

from forecast_cli.config.texts import check_duration, seconds_of


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), ("2h", 7200), (" 1.5m ", 90), ("0.1s", 0.1)])
def test_a_number_and_its_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)
    assert check_duration(text) == text.strip()


@pytest.mark.parametrize("text", ["", "10", "10 minutes", "-5m", "0s", "m", "1d", "nan s"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a number of seconds, minutes or hours above 0: 90s, 10m, 2h"):
        check_duration(text)
