"""Account ids: the key of an account, and ids marked in messages so that a log can hold a keyed hash instead."""

import os
import re
from functools import cache
from typing import Any, Final

#: What tells an account apart: its id, and its currency where that is named.
Key = tuple[Any, ...]

#: Variable of the key that makes hashes the same from run to run; without it each process has a random one.
KEY_VARIABLE: Final = "FORECAST_ID_KEY"
#: Noncharacters, which text that is exchanged never holds.
_OPEN: Final = "\ufdd0"
_CLOSE: Final = "\ufdd1"
_MARKED: Final = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)
_FIGURE: Final = re.compile(r"[-+]?\d[\d.,_]*(?:[eE][-+]?\d+)?")
_DIGITS: Final = 16


def mark_id(unique_id: object) -> str:
    """Return an id as text that says of itself that it is one."""
    return f"{_OPEN}{shown_ids(str(unique_id))}{_CLOSE}"


def shown_ids(text: str) -> str:
    """Return ``text`` with the ids in it as they are."""
    return text.replace(_OPEN, "").replace(_CLOSE, "")


def hashed_ids(text: str) -> str:
    """Return ``text`` with a keyed hash in the place of each id that is marked."""
    return shown_ids(_MARKED.sub(lambda found: hash_id(found[1]), text))


def hash_id(unique_id: str) -> str:
    """Return the keyed hash of an id: HMAC with SHA-256, cut to 64 bits."""
    import hmac  # help starts sooner without it, and without secrets

    key, content = _key(os.environ.get(KEY_VARIABLE, "")), unique_id.encode("utf-8", "surrogatepass")
    return f"id:{hmac.new(key, content, 'sha256').hexdigest()[:_DIGITS]}"


def without_figures(text: str) -> str:
    """Return ``text`` with ``#`` in the place of each figure, which may be a balance."""
    return _FIGURE.sub("#", text)


@cache
def _key(given: str) -> bytes:
    import secrets

    return given.encode() or secrets.token_bytes(32)
