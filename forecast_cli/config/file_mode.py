"""File permissions as octal text."""

import re
from typing import Any, Final

#: Permissions that the owner needs: a run reads what it wrote.
_OWNER: Final = 0o600
_EXPECTED: Final = (
    "expected octal permissions that let the owner read and write and nobody execute, such as 0600 or 0640"
)


def octal(value: Any) -> Any:
    """Return a TOML integer such as 0o640 as octal digits; any other value is returned unchanged."""
    return f"{value:04o}" if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value


def check_mode(value: str) -> str:
    """Return permissions as four octal digits; raise ValueError if the files of a run cannot have them."""
    if not re.fullmatch(r"0?[0-7]{3}", value):
        raise ValueError(_EXPECTED)
    mode = int(value, 8)
    if mode & _OWNER != _OWNER or mode & 0o111:
        raise ValueError(_EXPECTED)
    return f"{mode:04o}"
