"""Sizes of memory, as people write them: 2GB, 500MB, 1.5 GiB."""

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
    """Return how many bytes a size is; raises ValueError for what is none."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", text)
    unit = _UNITS.get(found[2].lower()) if found else None
    if found is None or unit is None:
        raise ValueError(f"expected {_EXPECTED}")
    return round(float(found[1]) * unit)


def check_memory(text: str) -> str:
    """Return a size as it is written; raises ValueError for what is none, or nothing."""
    if memory_bytes(text) <= 0:
        raise ValueError(f"expected {_EXPECTED}")
    return text
