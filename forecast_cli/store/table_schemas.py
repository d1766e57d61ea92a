"""Columns of the tables that a run writes, with their types; docs/tables.md says what each column holds."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.ledger_schemas import ACCOUNTS_SCHEMA, FAILURES_SCHEMA
from forecast_cli.core.risk_columns import FIRST_BELOW, RISK_COLUMNS, THRESHOLD_NAME, WINDOW
from forecast_cli.evaluation import low_balance as low
from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.metrics import metrics_of
from forecast_cli.evaluation.rows import CUTOFF, METRIC, N_TRAIN, SCALE, SCALE_RMS, VALUE
from forecast_cli.store import layout

_Types = Mapping[str, Any]

_VINTAGE: Final[_Types] = {"as_of": pl.Date, "first_month": pl.Boolean}
_TREES: Final[_Types] = {
    **_VINTAGE,
    "tree": pl.Int32,
    "node": pl.Int32,
    "feature": pl.Int32,
    "threshold": pl.Float64,
    "left": pl.Int32,
    "right": pl.Int32,
    "values": pl.List(pl.Float32),
}
#: Tables of what ``auto`` learned.
LEARNED_SCHEMAS: Final[Mapping[str, _Types]] = {
    layout.LEARNED_TREES: _TREES,
    layout.LEARNED_WIDTHS: _TREES,
    layout.LEARNED_SCORES: {
        **_VINTAGE,
        "horizon": pl.Int32,
        "learned_days": pl.Int32,
        "windows": pl.Int64,
        "slope": pl.Float64,
        "low_margin": pl.Float64,
        "low_depth": pl.Float64,
        "zero_share": pl.Float64,
        "zero_fade": pl.Float64,
        "short_zero_share": pl.Float64,
        "short_zero_fade": pl.Float64,
        "segment": pl.Int32,
        "knot": pl.Int32,
        "probability": pl.Float64,
        "score": pl.Float64,
    },
    layout.LEARNED_WEIGHTS: {
        "as_of": pl.Date,
        "candidate": pl.String,
        "segment": pl.Int32,
        "windows": pl.Int64,
        "gain": pl.Float64,
        "reach": pl.Float64,
        "from_step": pl.Int32,
        "weight": pl.Float64,
    },
    layout.LEARNED_PAST: _TREES,
}
#: Columns of ``weights.parquet`` and ``events.parquet`` after the keys.
WEIGHTS_SCHEMA: Final[_Types] = {
    c.MODEL: pl.String,
    "candidate": pl.String,
    "from_step": pl.Int32,
    "to_step": pl.Int32,
    "weight": pl.Float64,
}
EVENTS_SCHEMA: Final[_Types] = {
    "kind": pl.String,
    "cycle": pl.String,
    "rule": pl.String,
    "amount": pl.Float64,
    "amount_spread": pl.Float64,
    "day_jitter": pl.Float64,
    "n_seen": pl.Int64,
    "first_seen": pl.Date,
    "last_seen": pl.Date,
    "status": pl.String,
    "confidence": pl.Float64,
    "next_date": pl.Date,
    "next_amount": pl.Float64,
}
_RISK: Final[_Types] = {
    **dict.fromkeys(RISK_COLUMNS, pl.Float64),
    WINDOW: pl.Int32,
    **dict.fromkeys(FIRST_BELOW, pl.Date),
    c.MODEL: pl.String,
    THRESHOLD_NAME: pl.String,
}
_COUNTS: Final[_Types] = {"accounts": pl.Int64, "windows": pl.Int64}
_FIGURE: Final[_Types] = {METRIC: pl.String, VALUE: pl.Float64, "low": pl.Float64, "high": pl.Float64}
STEPS_SCHEMA: Final[_Types] = {c.MODEL: pl.String, c.STEP: pl.Int32, **_COUNTS, **_FIGURE}
SEGMENTS_SCHEMA: Final[_Types] = {
    c.MODEL: pl.String,
    "segment": pl.String,
    "segment_value": pl.String,
    **_COUNTS,
    **_FIGURE,
}
_SCORES: Final[_Types] = {c.MODEL: pl.String, CUTOFF: pl.Date, METRIC: pl.String, VALUE: pl.Float64}
_LOW_BALANCE: Final[_Types] = {
    CUTOFF: pl.Date,
    c.MODEL: pl.String,
    low.THRESHOLD: pl.String,
    low.DAYS: pl.Int32,
    **dict.fromkeys(low.FIGURES, pl.Float64),
    **dict.fromkeys((low.ALREADY, low.EVENT), pl.Boolean),
    **dict.fromkeys((low.DAY, *low.DAY_QUANTILES), pl.Int32),
}


def table_schemas(command: str, settings: Mapping[str, Any], keys: _Types) -> dict[str, dict[str, Any]]:
    """Return the columns of each table that a run of ``command`` may write, with their types, by file name.

    ``settings`` are those of its manifest. ``keys`` are the columns that identify an account, with their types: tables
    with rows of accounts begin with them. ``FORECASTS`` stands for every part file.
    """
    if command == "forecast":
        rest: dict[str, _Types] = {
            layout.FORECASTS: _forecasts(settings),
            layout.ACCOUNTS: ACCOUNTS_SCHEMA,
            layout.RISK: _RISK,
            layout.EVENTS: EVENTS_SCHEMA,
            layout.WEIGHTS: WEIGHTS_SCHEMA,
        }
        whole: Mapping[str, _Types] = LEARNED_SCHEMAS
    else:
        rest = {
            layout.FORECASTS: {CUTOFF: pl.Date, **_forecasts(settings), c.Y: pl.Float64},
            layout.ACCOUNTS: {**ACCOUNTS_SCHEMA, "windows": pl.Int64},
            layout.WINDOWS: _windows(settings["segment"]),
            layout.SCORES: _SCORES,
            layout.LOW_BALANCE: _LOW_BALANCE,
        }
        whole = {
            layout.LEADERBOARD: leaderboard_schema(tuple(settings["level"])),
            layout.STEPS: STEPS_SCHEMA,
            layout.SEGMENTS: SEGMENTS_SCHEMA,
        }
    rest[layout.FAILURES] = FAILURES_SCHEMA
    return {name: {**keys, **types} for name, types in rest.items()} | {name: dict(one) for name, one in whole.items()}


def leaderboard_schema(levels: tuple[float, ...]) -> dict[str, Any]:
    """Return the columns of ``leaderboard.parquet``, with their types, for a backtest of ascending ``levels``."""
    counts = dict.fromkeys(("rank", "accounts", "windows", "wins", "fallbacks", "failures"), pl.Int64)
    figures = [f"{name}{end}" for name in (*metrics_of(levels), "skill") for end in ("", "_low", "_high")]
    return {c.MODEL: pl.String, **counts, **dict.fromkeys(("cpu_seconds", *figures), pl.Float64)}


def _forecasts(settings: Mapping[str, Any]) -> _Types:
    numbers = (c.MEAN, *c.quantile_columns(tuple(settings["level"])))
    return {
        settings["date_col"]: pl.Date,
        c.STEP: pl.Int32,
        c.MODEL: pl.String,
        **dict.fromkeys(numbers, pl.Float64),
    }


def _windows(segments: Sequence[str]) -> _Types:
    return {
        CUTOFF: pl.Date,
        N_TRAIN: pl.Int64,
        **dict.fromkeys((SCALE, SCALE_RMS), pl.Float64),
        **dict.fromkeys((*BANDS, *segments), pl.String),
    }
