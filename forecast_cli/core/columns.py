"""Column names: standard forecasting names inside the package, the user's names in input and output.

Columns are renamed once at reading and once at writing.
"""

from collections.abc import Collection
from typing import Final

UNIQUE_ID: Final = "unique_id"
CURRENCY: Final = "currency"
DS: Final = "ds"
Y: Final = "y"

ACCOUNT_ID: Final = "account_id"
DATE: Final = "date"
STEP: Final = "step"
MODEL: Final = "model"
MEAN: Final = "mean"
MEDIAN: Final = "median"


def keys_among(columns: Collection[str]) -> list[str]:
    """Return the key columns among a table's ``columns``: the account id, and the currency if present."""
    return [name for name in (UNIQUE_ID, CURRENCY) if name in columns]


def level_label(level: float) -> str:
    """Return a level as text, ``80`` for 80.0 and ``99.5`` for 99.5, never rounded, so that labels are unique."""
    return repr(float(level)).removesuffix(".0")


def quantile_columns(levels: tuple[float, ...]) -> tuple[str, ...]:
    """Return the names of the quantile columns for ascending ``levels``, from the lowest quantile to the highest.

    For (80, 95): lo_95, lo_80, median, hi_80, hi_95.
    """
    labels = [level_label(level) for level in levels]
    return (*(f"lo_{label}" for label in reversed(labels)), MEDIAN, *(f"hi_{label}" for label in labels))
