"""Series: some accounts, read from the input, and their rows made the panel to forecast and a ledger of all of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import UNIQUE_ID
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.irregular import deduplicate_irregular, merge_counts
from forecast_cli.data.contract.judge import add_quarantined, judge_accounts, select_ledger
from forecast_cli.data.contract.marks import CODE
from forecast_cli.data.contract.numbers import drop_columns, number_keys
from forecast_cli.data.contract.panel_build import build_panel
from forecast_cli.data.contract.profile import profile_of, split_unnamed
from forecast_cli.data.contract.row_counts import count_rows
from forecast_cli.data.panel import Panel
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.canonical import AT, key_columns
from forecast_cli.data.scan.pieces import scan_pieces
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import Source


@dataclass(frozen=True)
class ShardInput:
    """The accounts of a shard that can be forecast, and the outcome of all its accounts.

    ``panel``: the accounts that can be forecast, ascending by key, possibly none. ``ledger``: all accounts, ascending
    by key, with the columns of ``Contract.ledger``.
    """

    panel: Panel
    ledger: pl.DataFrame


def read_shard(
    source: Source, settings: Settings, *, origin: date | None, first_id: object, last_id: object
) -> ShardInput:
    """Read the accounts from ``first_id`` to ``last_id``, both included.

    ``origin`` is that of the contract of the whole input. The same rows give the same bytes, whatever the order of rows
    or files and whatever other accounts there are; only ``--on-duplicate last-row`` depends on the order of rows.
    """
    rows = collect(scan_rows(source, settings, first_id=first_id, last_id=last_id), source)
    left_out = _quarantined_in_range(source, first_id, last_id)
    return build_shard(rows, settings, origin=origin, quarantined_ids=left_out)


def read_accounts(source: Source, settings: Settings, *, origin: date | None, ids: Sequence[object]) -> ShardInput:
    """Read the accounts ``ids``, wherever they are, in one pass over the files, with the results of ``read_shard``."""
    wanted = pl.Series(ids, dtype=source.key_dtype, strict=False).unique().sort()
    if wanted.is_empty():
        return build_shard(collect(scan_rows(source, settings).head(0), source), settings, origin=origin)
    near = scan_pieces(source, settings, first_id=wanted[0], last_id=wanted[-1])
    rows = pl.concat(collect(piece.filter(pl.col(UNIQUE_ID).is_in(wanted.implode())), source) for piece in near)
    texts = set(wanted.cast(pl.String))
    left_out = [text for text in _quarantined_in_range(source, wanted[0], wanted[-1]) if text in texts]
    return build_shard(rows, settings, origin=origin, quarantined_ids=left_out)


def build_shard(
    rows: pl.DataFrame, settings: Settings, *, origin: date | None, quarantined_ids: Sequence[str] = ()
) -> ShardInput:
    """Build the panel and the ledger of ``rows``; ``origin`` is that of the contract of the whole input."""
    numbered = number_keys(drop_columns(rows, [AT]), key_columns(settings))
    profile, _ = split_unnamed(profile_of(count_rows(numbered, settings), settings))
    coded = add_quarantined(profile, quarantined_ids).with_row_index(CODE)
    with_codes = numbered.rows.with_columns(numbered.codes(coded, CODE))
    settled = deduplicate_irregular(with_codes, rows[AT], coded, settings)
    judged = judge_accounts(merge_counts(coded, settled.counts), settings, origin=origin)
    kept = judged.filter(pl.col("status") == Status.OK.value)
    accounts = kept.select(CODE, "begin", *key_columns(settings))
    panel = build_panel(settled.days, accounts, _origins(kept["last"], origin))
    panel = replace(panel, seed=settings.seed, holidays=settings.holidays)
    return ShardInput(panel, select_ledger(judged, settings))


def _quarantined_in_range(source: Source, first_id: object, last_id: object) -> list[str]:
    """Return the accounts of quarantined files in the range, compared as ids, not as text."""
    ids = pl.Series(source.quarantined_ids, dtype=pl.String)
    keys = ids.cast(source.key_dtype, strict=False)
    return ids.filter(keys.is_between(pl.lit(first_id, keys.dtype), pl.lit(last_id, keys.dtype))).to_list()


def _origins(last: pl.Series, origin: date | None) -> NDArray[np.datetime64]:
    """Return the day each account's forecast starts from, [n]: the common origin, or its own last day."""
    own = last.to_numpy()
    return own if origin is None else np.full(len(own), origin, dtype="datetime64[D]")
