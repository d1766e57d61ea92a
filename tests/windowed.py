"""Figures and low-balance rows of whole runs, from frames that are cut into shards."""

from collections.abc import Mapping, Sequence

import polars as pl

from forecast_cli.evaluation.low_balance import GROUP
from forecast_cli.evaluation.scored import Scored, find_compared_windows
from forecast_cli.evaluation.window_index import LowBalanceParts, ShardRows, index_windows

_BY = ("unique_id", "cutoff")
_NO_FIGURES = pl.DataFrame(schema={"unique_id": pl.String, "cutoff": pl.Date, "model": pl.String})
_NO_ROWS = pl.DataFrame(
    schema=_NO_FIGURES.schema | {"threshold": pl.String, "days": pl.Int32, "base_rate": pl.Float64, "event": pl.Boolean}
)


def scored_of(
    windows: pl.DataFrame,
    figures: pl.DataFrame,
    *,
    levels: tuple[float, ...],
    segments: Sequence[str] = (),
    currency: str | None = None,
    seed: int = 0,
    shards: int = 1,
) -> Scored:
    """Return the figures of all models, with the accounts of ``windows`` cut into ``shards``."""
    parts = [(own, _rows_of(figures, own)) for own in _cut(windows, shards)]
    index = index_windows(
        (ShardRows(own, rows.select(*_BY, "model"), _NO_ROWS) for own, rows in parts),
        ["unique_id"],
        segments,
        seed=seed,
    )
    models, compared = find_compared_windows(index)
    by_model = _by_part(pl.concat(rows for _, rows in parts), ["model"])
    return Scored(
        index,
        models,
        compared,
        lambda model, columns: by_model[(model,)].select(columns),
        levels=levels,
        currency=currency,
        seed=seed,
    )


def low_balance_of(
    rows: pl.DataFrame,
    windows: pl.DataFrame | None = None,
    *,
    segments: Sequence[str] = (),
    seed: int = 0,
    shards: int = 1,
) -> LowBalanceParts:
    """Return low-balance ``rows``, with the accounts of ``windows`` (default: those of the rows) cut into shards."""
    windows = rows.select(_BY).unique() if windows is None else windows
    parts = [(own, _rows_of(rows, own)) for own in _cut(windows.with_columns(scale=1.0), shards)]
    index = index_windows(
        (ShardRows(own, _NO_FIGURES, low.select(*_BY, *GROUP, "base_rate", "event")) for own, low in parts),
        ["unique_id"],
        segments,
        seed=seed,
    )
    by_part = _by_part(pl.concat(low for _, low in parts), GROUP)
    return LowBalanceParts(index, lambda part, columns: by_part[part].select(columns), seed)


def _cut(windows: pl.DataFrame, shards: int) -> list[pl.DataFrame]:
    accounts = windows["unique_id"].unique().sort()
    size = max(-(-len(accounts) // shards), 1)
    ordered = windows.sort(_BY)
    own = (accounts.slice(start, size) for start in range(0, max(len(accounts), 1), size))
    return [ordered.filter(pl.col("unique_id").is_in(ids.implode())) for ids in own]


def _rows_of(rows: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    return rows.join(windows, on=list(_BY), how="semi").sort(_BY, maintain_order=True)


def _by_part(rows: pl.DataFrame, by: Sequence[str]) -> Mapping[tuple[object, ...], pl.DataFrame]:
    return rows.partition_by(by, as_dict=True, maintain_order=True)
