"""Calendar names are normalized from any case or alias, and unknown ones are refused with a hint."""

import subprocess
import sys
from pathlib import Path

import pytest
from holidays.registry import COUNTRIES, FINANCIAL

from forecast_cli.config.calendars import check_calendar
from forecast_cli.config.load import load_settings
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError


@pytest.mark.parametrize(
    ("given", "calendar"),
    [
        ("us", "US"),
        (" USA ", "US"),
        ("UK", "GB"),
        ("gb-sct", "GB-SCT"),
        ("GB-Scotland", "GB-SCT"),
        ("de-bayern", "DE-BY"),
        ("ca-QC", "CA-QC"),
        ("Czechia", "CZ"),
        ("ecb", "XECB"),
        ("TAR", "XECB"),
        ("nyse", "XNYS"),
        ("NONE", "none"),
        ("gb_eng", "GB-ENG"),
        ("GB/ENG", "GB-ENG"),
        ("United Kingdom", "GB"),
    ],
)
def test_a_calendar_has_one_spelling(given: str, calendar: str) -> None:
    assert Settings(holidays=given).holidays == calendar
    assert check_calendar(calendar) == calendar


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ("Germny", "did you mean 'DE'?"),
        ("TARGET2", "did you mean 'ECB'?"),
        ("EUR", "did you mean 'ECB'?"),
        ("England", "did you mean 'GB-ENG'?"),
        ("Northern Ireland", "did you mean 'GB-NIR'?"),
        ("GB-Scotlnd", "did you mean 'GB-Scotland'?"),
        ("GB-XX", "its parts: ENG, NIR, SCT, WLS"),
        ("GB-", "its parts: ENG, NIR, SCT, WLS"),
        ("XECB-DE", "XECB has no parts"),
        ("none-DE", "give a country (CZ)"),
        ("", "give a country (CZ), a part of one (GB-ENG), a financial calendar (ECB) or none"),
    ],
)
def test_an_unknown_one_is_refused_with_what_may_be_meant(given: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=rf"^holidays = '{given}' \(flag --holidays\): unknown calendar$") as caught:
        load_settings({"holidays": given})
    assert "\n" not in caught.value.message
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("given", ["GBP", "EN", "en-GB", "GBENG", "off"])
def test_short_words_are_not_taken_for_codes_that_look_like_them(given: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"holidays": given})
    assert "did you mean" not in str(caught.value.hint)


def test_the_flag_wins_over_the_variable_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "c.toml"
    file.write_text('holidays = "cz"\n')
    assert load_settings({}, file).settings.holidays == "CZ"
    monkeypatch.setenv("FORECAST_HOLIDAYS", "gb")
    assert load_settings({}, file).settings.holidays == "GB"
    assert load_settings({"holidays": "none"}, file).settings.holidays == "none"
    monkeypatch.delenv("FORECAST_HOLIDAYS")
    assert load_settings({}).settings.holidays == "US"


def test_no_name_of_a_country_is_another_ones_or_a_markets() -> None:
    entries = (*COUNTRIES.values(), *FINANCIAL.values())
    owners = {(name.casefold(), names[1]) for names in entries for name in names}
    assert len(owners) == len({name for name, _ in owners})
    assert not [names[1] for names in entries if "-" in names[1]]


def test_the_default_needs_no_list_of_calendars() -> None:
    code = "import sys; from forecast_cli.config.settings import Settings; Settings(); print('holidays' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
