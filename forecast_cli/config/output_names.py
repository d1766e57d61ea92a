"""Column names that the output uses itself, so that the user's columns cannot have them."""

from collections.abc import Collection
from typing import Final

from forecast_cli.core import columns as c
from forecast_cli.core.risk_columns import RISK_COLUMNS

#: Without the quantiles, whose names depend on the levels. Only a backtest has ``cutoff``, ``y`` and ``windows``.
_FORECASTS: Final = frozenset({c.STEP, c.MODEL, c.MEAN, "cutoff", c.Y})
_SCORES: Final = frozenset({c.MODEL, "cutoff", "metric", "value"})
_RISK: Final = frozenset(RISK_COLUMNS)
#: Names of ``core.ledger_schemas``, repeated because settings must be read before polars is imported.
_LEDGERS: Final = frozenset(
    {"status", "reason", "n_obs", "first", "last", "repairs", "flags", "seconds", "windows"}
    | {c.MODEL, "model_used", "error", "message"}
)
_EVENTS: Final = frozenset(
    {"kind", "cycle", "rule", "amount", "amount_spread", "day_jitter", "n_seen", "confidence"}
    | {"first_seen", "last_seen", "next_date", "next_amount"}
)
_WEIGHTS: Final = frozenset({"candidate", "from_step", "to_step", "weight"})
_WINDOWS: Final = frozenset({"n_train", "scale", "scale_rms", "tenure", "volatility", "activity"})
_LOW_BALANCE: Final = frozenset({"days", "probability", "base_rate", "already", "event", "day"}).union(
    f"{name}_q{share}" for name in ("day", "reached") for share in (10, 50, 90)
)


def is_pattern(column: str) -> bool:
    """Return whether polars takes the name of a column for a pattern that may match several: ``*``, or ``^...$``."""
    return column == "*" or (column.startswith("^") and column.endswith("$"))


def find_reserved_name(
    id_col: str,
    date_col: str,
    *,
    currency_col: str | None,
    levels: tuple[float, ...],
    metrics: Collection[str] = (),
) -> str | None:
    """Return a message about the first column of the settings that has a name which the output uses, else None.

    Key columns are in every table of the output, so they are checked against all names. ``metrics`` are the metrics of
    a backtest, which has a table with one column for each.
    """
    forecasts = _FORECASTS.union(c.quantile_columns(levels))
    everywhere = forecasts.union(_SCORES, _LEDGERS, _RISK, _EVENTS, _WEIGHTS, _WINDOWS, _LOW_BALANCE, metrics)
    for setting, column, taken in (
        ("id_col", id_col, everywhere),
        ("currency_col", currency_col, everywhere),
        ("date_col", date_col, forecasts),
    ):
        if column in taken:
            return f"{setting} = '{column}': the output already has a column '{column}'; rename it in the input"
    return None
