"""Account ids: the key of an account, and marks around ids in messages, so that a log can hold keyed hashes instead."""

import os
import re
from functools import cache
from typing import Any, Final

#: Key of an account: its id, and its currency if the settings name a currency column.
Key = tuple[Any, ...]

#: Environment variable for the key that makes hashes the same from run to run; without it, each process draws one.
KEY_VARIABLE: Final = "FORECAST_ID_KEY"
#: Unicode noncharacters, which text meant for interchange never contains.
_OPEN: Final = "\ufdd0"
_CLOSE: Final = "\ufdd1"
_MARKED: Final = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)
_FIGURE: Final = re.compile(r"\d{4}-\d\d-\d\d|[-+]?\d(?:[\d.,_]*\d)?(?:[eE][-+]?\d+)?")
_DIGITS: Final = 16


def mark_id(unique_id: object) -> str:
    """Return an id as text, enclosed in the marks that identify it as an id."""
    return f"{_OPEN}{unmark_ids(str(unique_id))}{_CLOSE}"


def unmark_ids(text: str) -> str:
    """Return ``text`` with plain ids: the marks around them removed."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def hashed_ids(text: str) -> str:
    """Return ``text`` with each marked id replaced by its keyed hash."""
    return unmark_ids(_MARKED.sub(lambda found: hash_id(found[1]), text))


def hash_id(unique_id: str) -> str:
    """Return the keyed hash of an id: HMAC-SHA256, truncated to 64 bits."""
    import hmac  # imported here, like secrets, so that --help starts faster

    key, content = _key(os.environ.get(KEY_VARIABLE, "")), unique_id.encode("utf-8", "surrogatepass")
    return f"id:{hmac.new(key, content, 'sha256').hexdigest()[:_DIGITS]}"


def mask_numbers(text: str) -> str:
    """Return ``text`` with each number, which may be a balance, and each date replaced by ``#``."""
    return _FIGURE.sub("#", text)


@cache
def _key(text: str) -> bytes:
    import secrets

    return os.fsencode(text) or secrets.token_bytes(32)
