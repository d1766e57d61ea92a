"""Log lines and documents in JSON for other programs: always plain ASCII."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, Literal

_EXACT: Final = 2**53
Level = Literal["info", "warning", "error"]


def log_line(event: str, message: str, *, level: Level, fields: Mapping[str, Any]) -> str:
    """Return one event as a line of JSON: its name, level and message, and ``fields``."""
    import json  # imported here so that --help starts sooner

    return json.dumps({"event": event, "level": level, "message": message} | dict(fields), default=plain) + "\n"


def document(value: Any) -> str:
    """Return ``value`` as indented JSON for stdout."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=True, default=plain) + "\n"


def account_value(account_id: object) -> int | str:
    """Return an account's id for JSON: an integer up to 2^53, which JSON readers keep exactly, otherwise text."""
    if isinstance(account_id, int) and abs(account_id) <= _EXACT:
        return account_id
    return str(account_id)


def plain(value: Any) -> Any:
    """Return a JSON value for an enum, path or date; raise TypeError for any other type."""
    match value:
        case Enum():
            return value.value
        case PurePath():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"no JSON for {type(value).__name__}")
