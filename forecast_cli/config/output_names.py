"""Names that the tables of an output have for themselves: no column of the user's can be written under one."""

from collections.abc import Collection
from typing import Final

from forecast_cli.core import columns as c
from forecast_cli.core.risk import RISK_COLUMNS

#: Besides the quantiles, whose names depend on the levels. ``cutoff``, ``y`` and ``windows`` are those of a backtest.
_FORECASTS: Final = frozenset({c.STEP, c.MODEL, c.MEAN, "cutoff", c.Y})
_SCORES: Final = frozenset({c.MODEL, "cutoff", "metric", "value"})
_RISK: Final = frozenset(RISK_COLUMNS)
#: Those of ``core.ledger_schemas``, which is not imported: settings are read before polars is.
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


def find_taken(
    id_col: str,
    date_col: str,
    *,
    currency_col: str | None,
    levels: tuple[float, ...],
    metrics: Collection[str] = (),
) -> str | None:
    """Say which column the settings name has a name of the output's own, or None. Keys stand in every table.

    ``metrics`` are those of a backtest, which has a table with a column for each.
    """
    forecasts = _FORECASTS.union(c.quantile_columns(levels))
    everywhere = forecasts.union(_SCORES, _LEDGERS, _RISK, _EVENTS, _WEIGHTS, _WINDOWS, _LOW_BALANCE, metrics)
    for setting, column, taken in (
        ("id_col", id_col, everywhere),
        ("currency_col", currency_col, everywhere),
        ("date_col", date_col, forecasts),
    ):
        if column in taken:
            return f"{setting} = '{column}': the output has a column '{column}' of its own; rename it in the input"
    return None
