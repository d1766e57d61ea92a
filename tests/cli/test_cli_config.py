"""config init, show and schema; flag > environment > file > default."""

import json
import tomllib
from pathlib import Path

import pytest
from cli_harness import Cli

from forecast_cli.config.load import load_settings
from forecast_cli.config.settings import Settings
from forecast_cli.core.exit_codes import ExitCode


def test_init_prints_a_file_that_loads_and_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    outcome = cli("config", "init").assert_exit(ExitCode.OK)
    file = tmp_path / "all.toml"
    file.write_text(outcome.out)
    loaded = load_settings({}, file)
    assert loaded.settings == load_settings({}).settings
    assert {name for name, place in loaded.origins.items() if place == "default"} == {
        name for name, field in Settings.model_fields.items() if field.default is None
    }


def test_init_names_every_setting_with_its_description(cli: Cli) -> None:
    lines = cli("config", "init").out.splitlines()
    for name, told in Settings.model_json_schema()["properties"].items():
        [at] = [number for number, line in enumerate(lines) if line.removeprefix("# ").startswith(f"{name} = ")]
        assert lines[at - 1] == f"# {told['description']}"


def test_init_keeps_what_it_shows_for_unset_settings_valid(cli: Cli) -> None:
    text = cli("config", "init").out
    unset = [name for name, field in Settings.model_fields.items() if field.default is None]
    for name in unset:
        text = text.replace(f"# {name} = ", f"{name} = ")
    settings = Settings.model_validate(tomllib.loads(text))
    assert all(getattr(settings, name) is not None for name in unset)


def test_init_writes_a_new_file_and_says_so(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    outcome = cli("config", "init", "--output", file).assert_exit(ExitCode.OK)
    said = f"{file} written: every setting with its default; use it with --config\n"
    assert (outcome.out, outcome.err) == (said, "")
    assert file.read_text() == cli("config", "init").out


def test_a_config_file_that_is_missing_is_written_by_the_command_of_the_hint(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "nope.toml"
    missing = cli("config", "show", "--config", file).assert_error(ExitCode.CONFIG_INVALID, "no such config file")
    words = missing.err.partition("write one with: forecast-cli ")[2].split()
    assert words == ["config", "init", "-o", str(file)]
    cli(*words).assert_exit(ExitCode.OK)
    cli("config", "show", "--config", file).assert_exit(ExitCode.OK)


def test_init_never_overwrites(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("horizon = 7\n")
    cli("config", "init", "--output", file).assert_error(ExitCode.CONFIG_INVALID, "mine.toml", "already exists")
    assert file.read_text() == "horizon = 7\n"


def test_init_says_where_it_cannot_write(cli: Cli, tmp_path: Path) -> None:
    cli("config", "init", "--output", tmp_path / "no" / "c.toml").assert_error(ExitCode.OUTPUT_NOT_WRITTEN, "c.toml")


def test_show_tells_where_each_value_came_from(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "c.toml"
    file.write_text("horizon = 7\nseed = 5\nmax_stale = 1\n")
    monkeypatch.setenv("FORECAST_SEED", "6")
    monkeypatch.setenv("FORECAST_MAX_STALE", "2")
    shown = json.loads(cli("config", "show", "--config", file, "--max-stale", 3, "--format", "json").out)
    assert set(shown) == set(Settings.model_fields)
    assert shown["max_stale"] == {"value": 3, "from": "flag --max-stale"}
    assert shown["seed"] == {"value": 6, "from": "environment FORECAST_SEED"}
    assert shown["horizon"] == {"value": 7, "from": f"file {file}"}
    assert shown["level"] == {"value": [80.0, 95.0], "from": "default"}


def test_show_as_a_table_has_a_row_for_every_setting(cli: Cli) -> None:
    lines = cli("config", "show").assert_exit(ExitCode.OK).out.splitlines()
    assert lines[0].split() == ["setting", "value", "from"]
    assert [line.split()[0] for line in lines[2:]] == list(Settings.model_fields)


def test_the_config_file_can_come_from_the_environment(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "c.toml"
    file.write_text("horizon = 7\n")
    monkeypatch.setenv("FORECAST_CONFIG", str(file))
    outcome = cli("config", "show", "--format", "json").assert_exit(ExitCode.OK)
    assert json.loads(outcome.out)["horizon"]["value"] == 7
    assert outcome.err == ""


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("FORECAST_HOLIDAY", "did you mean 'FORECAST_HOLIDAYS'?"),
        ("forecast_horizn", "did you mean 'FORECAST_HORIZON'?"),
        ("forecast_config", "did you mean 'FORECAST_CONFIG'?"),
        ("FORECAST_QQQQQQQQQQQQQQ", "see: forecast-cli config show"),
    ],
)
def test_a_variable_that_names_no_setting_is_warned_of(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str, hint: str
) -> None:
    monkeypatch.setenv(variable, "7")
    outcome = cli("config", "show").assert_exit(ExitCode.OK)
    assert (
        outcome.err == f"warning: environment variable {variable} is not the name of a setting and is ignored; {hint}\n"
    )


def test_a_variable_in_force_causes_no_warning_in_any_case(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_Horizon", "7")
    monkeypatch.setenv("FORECAST_ID_KEY", "secret")
    outcome = cli("config", "show", "--format", "json").assert_exit(ExitCode.OK)
    assert json.loads(outcome.out)["horizon"]["value"] == 7
    assert outcome.err == ""


def test_schema_knows_every_setting(cli: Cli) -> None:
    schema = json.loads(cli("config", "schema").assert_exit(ExitCode.OK).out)
    assert set(schema["properties"]) == set(Settings.model_fields)
    assert all(schema["properties"][name]["description"] for name in Settings.model_fields)


def test_show_says_a_number_in_full(cli: Cli) -> None:
    shown = cli("config", "show", "--level", 99.99999, "--level", 99.999991).assert_exit(ExitCode.OK).flat
    assert "level 99.99999, 99.999991 flag --level" in shown
