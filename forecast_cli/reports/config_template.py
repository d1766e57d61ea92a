"""Template of a config file: every setting with its default and a comment."""

import json
from datetime import date
from typing import Any, Final

from forecast_cli.config.settings import ENV_PREFIX, Settings

_HEAD: Final = f"""\
# All settings of forecast-cli with their defaults. Use this file with --config FILE or {ENV_PREFIX}CONFIG=FILE.
# Flags and environment variables override it: max_stale is --max-stale and {ENV_PREFIX}MAX_STALE.
# To see every value and where it comes from, run: forecast-cli config show --config FILE
"""

#: Example values for settings whose default is None.
_SHOWN_WHERE_UNSET: Final = {
    "currency_col": "currency",
    "timezone": "Europe/Prague",
    "as_of": date(2026, 6, 30),
    "fitted": "out/forecast",
    "max_skipped": 100,
    "jobs": 4,
    "memory": "2GB",
    "shard_size": 1000,
}


def render_config_template() -> str:
    """Return the config file; loading it changes no setting."""
    defaults, properties = Settings.model_construct(), Settings.model_json_schema()["properties"]
    entries = (_entry(name, getattr(defaults, name), properties[name]["description"]) for name in Settings.model_fields)
    return "\n".join([_HEAD, *entries])


def _entry(name: str, default: object, description: str) -> str:
    if default is None:
        return f"# {description}\n# {name} = {_toml(_SHOWN_WHERE_UNSET[name])}\n"
    return f"# {description}\n{name} = {_toml(default)}\n"


def _toml(value: Any) -> str:
    """Return a setting's value in TOML; raise TypeError for a type that no setting has."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value)
        case int() | float():
            return f"{value:g}"
        case date():
            return value.isoformat()
        case tuple():
            return f"[{', '.join(_toml(item) for item in value)}]"
        case _:
            raise TypeError(f"no TOML for {type(value).__name__}")
