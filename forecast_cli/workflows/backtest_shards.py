"""Tables of a backtest's shards, read in pieces that do not grow with the number of models, thresholds and metrics."""

from collections.abc import Iterator, Sequence

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.evaluation.low_balance import BASE_RATE, EVENT, GROUP
from forecast_cli.evaluation.low_balance_parts import LowBalanceParts
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.evaluation.scored import Scored, find_compared_windows
from forecast_cli.evaluation.window_index import LowBalancePart, ShardRows, WindowIndex
from forecast_cli.store.layout import FIGURES, LOW_BALANCE, WINDOWS
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.tables import load_table, scan_table
from forecast_cli.workflows.preparing import Prepared
from forecast_cli.workflows.shard_tables import shard_paths


def read_shards(prepared: Prepared, receipts: Sequence[ShardReceipt]) -> Iterator[ShardRows]:
    """Yield what is needed to number the windows of each shard, in the order of shards."""
    by = [*prepared.settings.key_columns, CUTOFF]
    for receipt in receipts:
        windows, figures, low = (receipt.file_of(name).path for name in (WINDOWS, FIGURES, LOW_BALANCE))
        yield ShardRows(
            windows=load_table(prepared.output / windows),
            figures=load_table(prepared.output / figures, columns=[*by, c.MODEL]),
            low_balance=load_table(prepared.output / low, columns=[*by, *GROUP, BASE_RATE, EVENT]),
        )


def read_scored(prepared: Prepared, receipts: Sequence[ShardReceipt], index: WindowIndex) -> Scored:
    """Return the metrics of all shards over the windows that models are compared on; they are read model by model."""
    figures = scan_table(shard_paths(prepared.output, receipts, FIGURES))
    models, windows = find_compared_windows(index)
    return Scored(
        index=index,
        models=models,
        windows=windows,
        read_figures=lambda model, columns: figures.filter(pl.col(c.MODEL) == model).select(columns).collect(),
        levels=prepared.settings.level,
        currency=prepared.settings.currency_col,
        seed=prepared.settings.seed,
    )


def read_low_balance(prepared: Prepared, receipts: Sequence[ShardReceipt], index: WindowIndex) -> LowBalanceParts:
    """Return the low-balance rows of all shards, which are read part by part."""
    rows = scan_table(shard_paths(prepared.output, receipts, LOW_BALANCE))

    def read(part: LowBalancePart, columns: Sequence[str]) -> pl.DataFrame:
        of_part = (pl.col(name) == pl.lit(value) for name, value in zip(GROUP, part, strict=True))
        return rows.filter(*of_part).select(columns).collect()

    return LowBalanceParts(index, read, prepared.settings.seed)
