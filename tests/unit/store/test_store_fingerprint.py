"""Differences between two runs in their input, settings and versions, as text."""

from forecast_cli.store.fingerprint import setting_differences


def test_a_package_that_has_the_name_of_a_setting_is_called_one() -> None:
    old = {"settings": {"holidays": None}, "versions": {"holidays": "0.108", "polars": "1.30"}}
    new = {"settings": {"holidays": "US"}, "versions": {"holidays": "0.109", "polars": "1.31"}}
    assert setting_differences(old, new) == [
        'holidays null -> "US"',
        'holidays (package) "0.108" -> "0.109"',
        'polars "1.30" -> "1.31"',
    ]
