"""Log lines for other programs: one JSON object a line, plain ASCII, whatever the data holds."""

from collections.abc import Mapping
from datetime import date
from enum import Enum
from pathlib import PurePath
from typing import Any, Final, Literal

_EXACT: Final = 2**53
Level = Literal["info", "warning", "error"]


def log_line(event: str, message: str, *, level: Level, fields: Mapping[str, Any]) -> str:
    """Return one event as a line: what happened, how bad it is, in words, and its fields."""
    import json  # help starts sooner without it

    return json.dumps({"event": event, "level": level, "message": message} | dict(fields), default=plain) + "\n"


def document(value: Any) -> str:
    """Return ``value`` as indented JSON for a person or a program to read from stdout."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=True, default=plain) + "\n"


def account_value(account_id: object) -> int | str:
    """Return an account's id for JSON: whole numbers as they are, but beyond 2^53, where readers round, as text."""
    if isinstance(account_id, int) and abs(account_id) <= _EXACT:
        return account_id
    return str(account_id)


def plain(value: Any) -> Any:
    """Return a JSON value for what json does not know; raises TypeError for what has none."""
    match value:
        case Enum():
            return value.value
        case PurePath():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            raise TypeError(f"no JSON for {type(value).__name__}")
