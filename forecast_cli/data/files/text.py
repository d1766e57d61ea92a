"""Text files, such as CSV, given in place of parquet: how to detect them, and how to convert them."""

import codecs
from typing import Final

_BLANKS: Final = frozenset("\t\n\r")


def is_text(start: bytes) -> bool:
    """Return whether the first bytes of a file are lines of UTF-8 text; the last character may be cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError:
        return False
    return "\n" in text and all(char.isprintable() or char in _BLANKS for char in text)


def suggest_parquet(path: str) -> str:
    """Return a hint that says how to convert CSV to parquet. Ids are read as text: 00123 is not 123."""
    read = f'pl.read_csv("{path}", try_parse_dates=True, schema_overrides={{"account_id": pl.String}})'
    return f'if it is CSV, convert it to parquet: {read}.write_parquet("balances.parquet")'
