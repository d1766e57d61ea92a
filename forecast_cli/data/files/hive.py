"""Hive folders: ``key=value`` parts of a path. Values are always text: 00123 stays 00123."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import takewhile
from typing import Final
from urllib.parse import unquote

NULL_PARTITION: Final = "__HIVE_DEFAULT_PARTITION__"
_KEY_VALUE: Final = re.compile(r"[^=]+=.*")
_DAY: Final = re.compile(r"\d{4}-?\d{2}-?\d{2}")


def hive_keys(folders: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return key and value of each ``key=value`` folder, URL-decoded if that gives UTF-8, in order."""
    pairs = (folder.split("=", 1) for folder in folders if _KEY_VALUE.fullmatch(folder))
    return tuple((_decode(key), _decode(value)) for key, value in pairs)


def trailing_hive_keys(folders: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return the keys and values of the ``key=value`` folders at the end of ``folders``: a root may be a partition."""
    tail = list(takewhile(_KEY_VALUE.fullmatch, reversed(folders)))
    return hive_keys(reversed(tail))


def polars_agrees(folder: str) -> bool:
    """Return whether polars reads key and value of a folder as ``hive_keys`` does: it ignores some folders."""
    return folder.count("=") == 1 and "*" not in folder and _decode(folder) == unquote(folder)


def is_day(value: str) -> bool:
    """Return whether a folder's value is a day (2026-01-31 or 20260131) or the null partition."""
    if value == NULL_PARTITION:
        return True
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return _DAY.fullmatch(value) is not None


def _decode(text: str) -> str:
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text
