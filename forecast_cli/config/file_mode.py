"""Permissions of files, as people write them: in octal."""

import re
from typing import Any, Final

#: What the owner may always do: a run reads what it wrote.
_OWNER: Final = 0o600
_EXPECTED: Final = "the owner reads and writes, nobody executes: 0600, 0640, 0644"


def octal(value: Any) -> Any:
    """Take the number 0o640 of TOML for its digits."""
    return f"{value:04o}" if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value


def check_mode(value: str) -> str:
    """Return permissions in four digits; raises ValueError for what a file of a run cannot have."""
    if not re.fullmatch(r"0?[0-7]{3}", value):
        raise ValueError(_EXPECTED)
    mode = int(value, 8)
    if mode & _OWNER != _OWNER or mode & 0o111:
        raise ValueError(_EXPECTED)
    return f"{mode:04o}"
