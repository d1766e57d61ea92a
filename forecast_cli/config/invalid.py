"""Error messages for invalid settings: the value, where it came from, and what is expected."""

from collections.abc import Mapping
from datetime import date, time
from typing import Any, Final

from pydantic import ValidationError

from forecast_cli.config.calendars import UnknownCalendarError
from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError

_HINT: Final = "see all settings, and where each comes from: forecast-cli config show"
_NUMBERS: Final = {"integer": "a whole number", "number": "a number"}


def explain_invalid(error: ValidationError, values: Mapping[str, Any], origins: Mapping[str, str]) -> ConfigError:
    """Return the first of pydantic's errors as a ConfigError; ``origins`` says where each of ``values`` came from."""
    first = error.errors()[0]
    if not first["loc"]:
        return ConfigError(_explain_whole(first["msg"].removeprefix("Value error, "), values, origins), _HINT)
    name, cause = str(first["loc"][0]), first.get("ctx", {}).get("error")
    value = _describe_value(name, first["input"], origins)
    if isinstance(cause, UnknownCalendarError):
        return ConfigError(f"{value}: {cause}", cause.hint)
    ours = isinstance(cause, Exception)  # for a day, pydantic gives the text of its own parser: "input is too short"
    reason = str(cause) if ours else f"expected {describe_expected(name, item=len(first['loc']) > 1)}"
    return ConfigError(f"{value}: {reason}", _HINT)


def describe_expected(name: str, *, item: bool) -> str:
    """Return what a setting expects, or one ``item`` of its list, such as ``a whole number, 1 to 366``."""
    schema = Settings.model_json_schema()
    shape = schema["properties"][name]
    shape = next((choice for choice in shape.get("anyOf", ()) if choice["type"] != "null"), shape)
    if "$ref" in shape:
        shape = schema["$defs"][shape["$ref"].rpartition("/")[2]]
    if shape["type"] == "array":
        each = shape["items"].get("description") or _describe(shape["items"])
        return each if item else f"a list, each {each}"
    return _describe(shape)


def _explain_whole(message: str, values: Mapping[str, Any], origins: Mapping[str, str]) -> str:
    """Return the message for settings that contradict each other, with the value of the setting it begins with."""
    name, _, rest = message.partition(": ")
    return f"{_describe_value(name, values[name], origins)}: {rest}" if name in values else message


def _describe_value(name: str, value: object, origins: Mapping[str, str]) -> str:
    origin = origins.get(name, "default")
    file = origin.removeprefix("file ")
    spelled = f"{name} = {_spell(value)}"
    return f"{spelled} ({origin})" if file == origin else f"{file}: {spelled}"


def _spell(value: object) -> str:
    """Return a value as a config file spells it."""
    match value:
        case bool():
            return "true" if value else "false"
        case date() | time():
            return value.isoformat()
        case list() | tuple():
            return f"[{', '.join(map(_spell, value))}]"
        case dict():
            return f"{{{', '.join(f'{key} = {_spell(item)}' for key, item in value.items())}}}"
        case _:
            return repr(value)


def _describe(shape: Mapping[str, Any]) -> str:
    match shape:
        case {"enum": choices}:
            return " or ".join(repr(choice) for choice in choices)
        case {"type": "integer" | "number" as kind}:
            bounds = _bounds(shape)
            return f"{_NUMBERS[kind]}, {bounds}" if bounds else _NUMBERS[kind]
        case {"type": "boolean"}:
            return "true or false"
        case {"examples": [*examples]}:
            return f"text such as {' or '.join(examples)}"
        case {"format": "date"}:
            return "a day such as 2026-06-30"
        case _:
            return "text"


def _bounds(shape: Mapping[str, Any]) -> str:
    low, high = shape.get("minimum"), shape.get("maximum")
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    words = {"minimum": "at least", "exclusiveMinimum": "above", "maximum": "at most", "exclusiveMaximum": "below"}
    return " and ".join(f"{word} {shape[bound]:g}" for bound, word in words.items() if bound in shape)
