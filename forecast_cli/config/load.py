"""Loading of settings from flags, environment, config file and defaults, with the origin of each value."""

import os
import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from forecast_cli.config.invalid import explain_invalid
from forecast_cli.config.settings import ENV_PREFIX, Settings
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.ids import KEY_VARIABLE
from forecast_cli.core.text import did_you_mean

#: Environment variable that names the config file; it is not a setting itself.
CONFIG_VARIABLE: Final = f"{ENV_PREFIX}CONFIG"
_SEE_SETTINGS: Final = "see: forecast-cli config show"


@dataclass(frozen=True)
class LoadedSettings:
    """Settings in force, the origin of each value, and warnings for the user."""

    settings: Settings
    origins: Mapping[str, str]
    warnings: tuple[str, ...]


def load_settings(flags: Mapping[str, Any], config: Path | None = None) -> LoadedSettings:
    """Return the settings from ``flags``, environment, config file and defaults; the first one wins.

    Raises ConfigError for a file that cannot be read, an unknown key or an invalid value; the message says where it is.
    """
    in_file = read_config(config) if config else {}
    in_environment = _variables()
    merged = in_file | in_environment | dict(flags)
    origins = dict.fromkeys(Settings.model_fields, "default")
    origins |= dict.fromkeys(in_file, f"file {config}")
    origins |= {name: f"environment {ENV_PREFIX}{name.upper()}" for name in in_environment}
    origins |= {name: f"flag --{name.replace('_', '-')}" for name in flags}
    settings = _validate(merged, origins)
    return LoadedSettings(settings, origins, (*_unknown_variables(), *_warn_of_fraction_levels(settings, origins)))


def _variables() -> dict[str, str]:
    """Return the settings given by environment variables, in any case. Lists stay text, which ``Settings`` splits."""
    values = {variable.lower(): value for variable, value in os.environ.items()}
    return {name: values[found] for name in Settings.model_fields if (found := f"{ENV_PREFIX.lower()}{name}") in values}


def read_config(path: Path) -> dict[str, Any]:
    """Return the values of a TOML config file; raise ConfigError if it cannot be read or has an unknown key."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such config file", f"write one with: forecast-cli config init -o {shlex.quote(str(path))}"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{path}: not a readable TOML file: {error}", "for an example, see: forecast-cli config init"
        ) from None
    for key, value in values.items():
        if key not in Settings.model_fields:
            raise _unknown_key(path, key, value)
    return values


def _unknown_key(path: Path, key: str, value: object) -> ConfigError:
    if isinstance(value, dict):
        return ConfigError(
            f"{path}: unknown table [{key}]", "settings belong at the top level of the file: remove that line"
        )
    return ConfigError(f"{path}: unknown key '{key}'", _close_setting(key))


def _validate(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise explain_invalid(error, values, origins) from None


def _unknown_variables() -> tuple[str, ...]:
    """Return a warning for each FORECAST_* variable, in any case, that names no setting."""
    settings = [f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields]
    known = {CONFIG_VARIABLE, KEY_VARIABLE}
    strangers = sorted(
        name
        for name in os.environ
        if name.upper().startswith(ENV_PREFIX) and name not in known and name.upper() not in settings
    )
    hints = [did_you_mean(name, [*settings, *known], otherwise=_SEE_SETTINGS) for name in strangers]
    return tuple(
        f"environment variable {name} is not the name of a setting and is ignored; {hint}"
        for name, hint in zip(strangers, hints, strict=True)
    )


def _warn_of_fraction_levels(settings: Settings, origins: Mapping[str, str]) -> tuple[str, ...]:
    """Return a warning for each level that looks like a share, such as 0.8 instead of 80."""
    return tuple(
        f"level {level:g} ({origins['level']}) means {level:g} percent; for {100 * level:g} %, give {100 * level:g}"
        for level in settings.level
        if level < 1
    )


def _close_setting(key: str) -> str:
    return did_you_mean(key.replace("-", "_"), Settings.model_fields, otherwise=_SEE_SETTINGS)
