"""Settings written as text: lists, durations, memory sizes and permissions.

No heavy imports: the command line needs them for --help.
"""

import re
from typing import Any, Final

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}
_TIME: Final = re.compile(r"(\d+(?:\.\d+)?)([smh])")
_DURATION: Final = "a number of seconds, minutes or hours above 0: 90s, 10m, 2h"
_SIZE: Final = "a number and its unit, such as 500MB or 2GB"
_BYTES: Final[dict[str, int]] = {
    "": 1,
    "b": 1,
    **{f"{letter}{end}": 1000**power for power, letter in enumerate("kmgt", 1) for end in ("", "b")},
    **{f"{letter}i{end}": 1024**power for power, letter in enumerate("kmgt", 1) for end in ("", "b")},
}
#: Permissions that the owner needs: a run reads what it wrote.
_OWNER: Final = 0o600
_PERMISSIONS: Final = (
    "expected octal permissions that let the owner read and write and nobody execute, such as 0600 or 0640"
)


def check_duration(text: str) -> str:
    """Return a duration without outer spaces; raise ValueError if it is not valid or not above 0."""
    if seconds_of(text) <= 0:
        raise ValueError(f"expected {_DURATION}")
    return text.strip()


def seconds_of(text: str) -> float:
    """Return a duration in seconds; raise ValueError if it is not valid."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"expected {_DURATION}")
    return float(match[1]) * _SECONDS[match[2]]


def memory_bytes(text: str) -> int:
    """Return a memory size in bytes; raise ValueError if it is not valid."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = _BYTES.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise ValueError(f"expected {_SIZE}")
    return round(float(found[1]) * unit)


def check_memory(text: str) -> str:
    """Return a memory size unchanged; raise ValueError if it is not valid or not above 0."""
    if memory_bytes(text) <= 0:
        raise ValueError(f"expected {_SIZE}")
    return text


def octal(value: Any) -> Any:
    """Return a TOML integer such as 0o640 as octal digits; any other value is returned unchanged."""
    return f"{value:04o}" if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value


def check_mode(value: str) -> str:
    """Return permissions as four octal digits; raise ValueError if the files of a run cannot have them."""
    if not re.fullmatch(r"0?[0-7]{3}", value):
        raise ValueError(_PERMISSIONS)
    mode = int(value, 8)
    if mode & _OWNER != _OWNER or mode & 0o111:
        raise ValueError(_PERMISSIONS)
    return f"{mode:04o}"


def outer_commas(text: str) -> list[str]:
    """Split a text at commas outside parentheses, without blank parts: ``MSTL(7,30), Naive`` gives two names."""
    parts, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts if part.strip()]
