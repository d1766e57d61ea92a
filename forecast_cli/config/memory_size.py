"""Memory sizes as text, such as 2GB, 500MB or 1.5 GiB."""

import re
from typing import Final

_EXPECTED: Final = "a number and its unit, such as 500MB or 2GB"
_UNITS: Final[dict[str, int]] = {
    "": 1,
    "b": 1,
    **{f"{letter}{end}": 1000**power for power, letter in enumerate("kmgt", 1) for end in ("", "b")},
    **{f"{letter}i{end}": 1024**power for power, letter in enumerate("kmgt", 1) for end in ("", "b")},
}


def memory_bytes(text: str) -> int:
    """Return a memory size in bytes; raise ValueError if it is not valid."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise ValueError(f"expected {_EXPECTED}")
    return round(float(found[1]) * unit)


def check_memory(text: str) -> str:
    """Return a memory size unchanged; raise ValueError if it is not valid or not above 0."""
    if memory_bytes(text) <= 0:
        raise ValueError(f"expected {_EXPECTED}")
    return text
