"""Differences between two runs in their input, settings and versions, as text."""

from pathlib import Path

from forecast_cli.store.fingerprint import differences, hash_learned, setting_differences
from forecast_cli.store.layout import LEARNED


def test_a_package_that_has_the_name_of_a_setting_is_called_one() -> None:
    old = {"settings": {"holidays": None}, "versions": {"holidays": "0.108", "polars": "1.30"}}
    new = {"settings": {"holidays": "US"}, "versions": {"holidays": "0.109", "polars": "1.31"}}
    assert setting_differences(old, new) == [
        'holidays null -> "US"',
        'holidays (package) "0.108" -> "0.109"',
        'polars "1.30" -> "1.31"',
    ]


def test_a_setting_is_shown_in_its_own_letters() -> None:
    old, new = ({"settings": {"balance_col": name}} for name in ("balance", "Saldo €"))
    assert setting_differences(old, new) == ['balance_col "balance" -> "Saldo €"']


def test_an_input_of_other_files_is_named_after_the_settings_and_another_command_alone() -> None:
    old = {"command": "forecast", "input": [["a.parquet", 1, "f00"]], "settings": {"horizon": 30}}
    assert differences(old, old) == []
    assert differences(old, old | {"input": [], "settings": {"horizon": 60}}) == [
        "horizon 30 -> 60",
        "the input's files",
    ]
    assert differences(old, old | {"command": "backtest", "input": []}) == ['command "forecast" -> "backtest"']


def test_what_was_learned_is_known_by_its_content(tmp_path: Path) -> None:
    """Not every run learns all tables."""
    found = [hash_learned(tmp_path)]
    for name, content in ((LEARNED[0], "one"), (LEARNED[1], "one"), (LEARNED[1], "two"), ("other.parquet", "two")):
        (tmp_path / name).write_text(content)
        found.append(hash_learned(tmp_path))
    assert len(set(found)) == 4
    assert found[-1] == found[-2], "a file beside them"
