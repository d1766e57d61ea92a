"""Settings come only from their arguments, and column names that the output needs are refused."""

import re
from pathlib import Path

import pytest

from forecast_cli.config.load import load_settings
from forecast_cli.config.settings import Settings, affects_output
from forecast_cli.core.columns import level_label, quantile_columns
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger_schemas import ACCOUNTS_SCHEMA, FAILURES_SCHEMA
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.low_balance import AMOUNT, DAYS, EVENT, REACHED
from forecast_cli.evaluation.rows import N_TRAIN
from forecast_cli.store.table_schemas import EVENTS_SCHEMA


def test_settings_made_in_code_are_blind_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_HORIZON", "7")
    monkeypatch.setenv("FORECAST_SEED", "3")
    assert Settings(seed=5) == Settings.model_validate({"seed": 5})
    assert Settings().horizon == 30
    assert load_settings({"seed": 5}).settings == Settings(seed=5, horizon=7)


def test_every_kind_of_value_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"MODEL": "MSTL(7,30), Naive", "LEVEL": "50,99.5", "SEASON_LENGTH": "7", "REQUIRE_SUCCESS": "true"}
    for name, value in given.items():
        monkeypatch.setenv(f"FORECAST_{name}", value)
    loaded = load_settings({})
    expected = Settings(model=("MSTL(7,30)", "Naive"), level=(50.0, 99.5), season_length=(7,), require_success=True)
    assert loaded.settings == expected
    assert loaded.origins["level"] == "environment FORECAST_LEVEL"


def test_a_variable_is_read_in_small_letters_too_and_an_empty_one_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("forecast_horizon", "7")
    assert load_settings({}).settings == Settings(horizon=7)
    monkeypatch.setenv("FORECAST_SEED", "")
    with pytest.raises(ConfigError, match="seed"):
        load_settings({})


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("horizon = true", "a whole number, 1 to 366"),
        ("seed = false", "a whole number, at least 0"),
        ("jobs = true", "a whole number, at least 1"),
        ("max_missing = true", "a number, 0 to 1"),
        ("level = true", "a list, each a number, above 0 and below 100"),
        ("level = [80, true]", "a list, each a number, above 0 and below 100"),
        ("threshold = [true]", "a list, each an amount"),
        ("max_balance = inf", "a number, above 0"),
        ("max_balance = nan", "a number, above 0"),
        ("read_timeout = inf", "a number, above 0"),
        ("horizon = 2026-06-30", "a whole number, 1 to 366"),
        ("horizon = 2026-06-30T07:30:00", "a whole number, 1 to 366"),
        ("horizon = 07:30:00", "a whole number, 1 to 366"),
        ("horizon = [{days = 30, whole = true}]", "a whole number, 1 to 366"),
        ("horizon = 'soon'", "a whole number, 1 to 366"),
    ],
)
def test_what_is_no_number_is_refused_as_it_is_spelled_in_the_file(tmp_path: Path, written: str, expected: str) -> None:
    file = tmp_path / "c.toml"
    file.write_text(written)
    with pytest.raises(ConfigError, match=f"^{re.escape(f'{file}: {written}: expected {expected}')}"):
        load_settings({}, file)


def test_an_empty_name_of_what_was_learned_is_not_the_current_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_FITTED", "")
    with pytest.raises(ConfigError, match=r"^fitted = '' \(environment FORECAST_FITTED\): expected text"):
        load_settings({})


@pytest.mark.parametrize("name", ["*", "^a.*$"])
@pytest.mark.parametrize("setting", ["id_col", "date_col", "balance_col", "currency_col", "segment", "threshold"])
def test_a_column_whose_name_is_a_pattern_of_names_is_refused(setting: str, name: str) -> None:
    with pytest.raises(ConfigError, match="its name is a pattern"):
        load_settings({setting: name})
    assert load_settings({setting: f"{name}b"}).settings


@pytest.mark.parametrize("setting", ["max_gap", "max_history"])
def test_days_that_no_calendar_has_are_refused(setting: str) -> None:
    with pytest.raises(ConfigError, match=setting) as caught:
        load_settings({setting: 1_000_000_000})
    assert caught.value.exit_code is ExitCode.CONFIG_INVALID


@pytest.mark.parametrize(
    "column",
    [
        "model",
        "status",
        "mean",
        "lo_80",
        "hi_95",
        "first",
        "error",
        "cutoff",
        "value",
        "candidate",
        "weight",
        "windows",
    ],
)
@pytest.mark.parametrize("setting", ["id_col", "currency_col"])
def test_a_key_under_a_name_of_the_output_is_refused(setting: str, column: str) -> None:
    with pytest.raises(ConfigError, match=rf"{setting} = '{column}': the output already has a column '{column}'"):
        load_settings({setting: column})


@pytest.mark.parametrize(
    "column",
    sorted(
        {*ACCOUNTS_SCHEMA, *FAILURES_SCHEMA, *EVENTS_SCHEMA, AMOUNT, DAYS, EVENT, *REACHED, N_TRAIN, *BANDS}
        - {"balance"}
    ),
)
def test_names_of_ledgers_events_windows_and_low_balances_are_refused_too(column: str) -> None:
    with pytest.raises(ConfigError, match="the output already has a column"):
        load_settings({"id_col": column})


@pytest.mark.parametrize("column", ["step", "model", "mean", "median", "lo_99.5"])
def test_a_day_under_a_name_of_the_forecasts_is_refused(column: str) -> None:
    with pytest.raises(ConfigError, match=f"date_col = '{column}'") as caught:
        load_settings({"date_col": column, "level": [99.5]})
    assert caught.value.exit_code is ExitCode.CONFIG_INVALID


@pytest.mark.parametrize(
    "names",
    [
        {"date_col": "first"},
        {"id_col": "lo_80", "level": [90]},
        {"id_col": "unique_id", "date_col": "ds", "balance_col": "y"},
        {"id_col": "currency", "balance_col": "mean"},
    ],
)
def test_a_name_that_meets_none_of_the_output_is_taken(names: dict[str, object]) -> None:
    loaded = load_settings(names).settings
    assert loaded.model_dump() == Settings().model_dump() | loaded.model_dump(include=set(names))


@pytest.mark.parametrize(
    ("level", "label"), [(80, "80"), (80.0, "80"), (99.5, "99.5"), (99.99999, "99.99999"), (99.999991, "99.999991")]
)
def test_a_level_is_labelled_in_full(level: float, label: str) -> None:
    assert level_label(level) == label


def test_a_model_named_twice_or_between_spaces_is_one_model() -> None:
    """Tables name it as the list does: with the spaces, no reader of an output found its rows."""
    settings = Settings(model=(" Naive", "Naive ", "MSTL(7, 30)"), candidates=("\tMSTL",))
    assert settings.model == ("Naive", "MSTL(7, 30)")
    assert settings.candidates == ("MSTL",)


def test_levels_that_differ_have_columns_that_differ() -> None:
    names = quantile_columns(Settings(level=(99.99999, 99.999991, 80.0, 80)).level)
    assert len(set(names)) == len(names) == 7


@pytest.mark.parametrize("name", ["executor", "jobs", "max_failed", "max_skipped", "read_timeout", "require_success"])
def test_what_changes_no_output_is_no_part_of_a_run_s_identity(name: str) -> None:
    assert not affects_output(name, "forecast")
    assert name not in Settings().affecting_output("forecast")


def test_a_file_of_settings_is_held_against_the_names_too(tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text('id_col = "reason"\n')
    with pytest.raises(ConfigError, match="id_col = 'reason'"):
        load_settings({}, file)
