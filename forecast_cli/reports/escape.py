"""Escaping of data for a terminal: no control codes, line breaks or bidirectional text, and no secrets."""

import unicodedata
from typing import Final

from forecast_cli.core.redact import redact

#: Control, format (bidi marks, zero width), surrogate and private-use characters, line and paragraph separators.
_UNSAFE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: object) -> str:
    r"""Return ``text`` on one line, without secrets, and with unsafe characters escaped: ``\x1b``, ``\u202e``."""
    return "".join(_spelled(char) if unicodedata.category(char) in _UNSAFE else char for char in redact(str(text)))


def _spelled(char: str) -> str:
    """Return the escape sequence of ``char`` in a Python string literal."""
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")
