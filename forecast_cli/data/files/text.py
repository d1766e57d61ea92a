"""Text where parquet is expected, such as CSV: how to tell, and how to make parquet of it."""

import codecs
from typing import Final

_BLANKS: Final = frozenset("\t\n\r")


def is_text(start: bytes) -> bool:
    """Say whether the first bytes of a file are lines of text in UTF-8; the last character may be cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError:
        return False
    return "\n" in text and all(char.isprintable() or char in _BLANKS for char in text)


def suggest_parquet(path: str) -> str:
    """Return the hint that turns CSV into parquet. Ids are read as text: 00123 is not 123."""
    read = f'pl.read_csv("{path}", try_parse_dates=True, schema_overrides={{"account_id": pl.String}})'
    return f'if it is CSV, make parquet of it: {read}.write_parquet("balances.parquet")'
