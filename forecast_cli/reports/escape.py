"""Data made safe to show on a terminal: no escape codes, line breaks or text that runs backwards, and no secrets."""

import unicodedata
from typing import Final

from forecast_cli.core.redact import redact

#: Control, format (bidi marks, zero width), surrogate and private characters, line and paragraph separators.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: object) -> str:
    r"""Return ``text`` on one line, what is no mark on the screen spelled out: ``\x1b``, ``\u202e``."""
    return "".join(_spelled(char) if unicodedata.category(char) in _UNSAFE else char for char in redact(str(text)))


def _spelled(char: str) -> str:
    """Return the escape a Python string literal has for ``char``."""
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
