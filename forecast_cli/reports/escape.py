"""Data made safe to show on a terminal: no escape codes, no line breaks, no text that runs backwards."""

import unicodedata
from typing import Final

#: Control, format (bidi marks, zero width), surrogate and private characters, line and paragraph separators.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: object) -> str:
    r"""Return ``text`` on one line, what is no mark on the screen spelled out: ``\x1b``, ``\u202e``."""
    return "".join(_spelled(char) if unicodedata.category(char) in _UNSAFE else char for char in str(text))


def _spelled(char: str) -> str:
    """Return the escape a Python string literal has for ``char``."""
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
