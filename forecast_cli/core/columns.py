"""Column names: the field's inside, the user's at the edge (renamed once at reading and once at writing)."""

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
    """Return those of a table's ``columns`` that tell accounts apart: the id, and the currency if there is one."""
    return [name for name in (UNIQUE_ID, CURRENCY) if name in columns]


def level_label(level: float) -> str:
    """Return ``80`` for 80.0 and ``99.5`` for 99.5, in full: two levels never share a column name."""
    return repr(float(level)).removesuffix(".0")


def quantile_columns(levels: tuple[float, ...]) -> tuple[str, ...]:
    """Return the quantile columns of ascending ``levels`` from the lowest to the highest.

    For (80, 95): lo_95, lo_80, median, hi_80, hi_95.
    """
    labels = [level_label(level) for level in levels]
    return (*(f"lo_{label}" for label in reversed(labels)), MEDIAN, *(f"hi_{label}" for label in labels))
