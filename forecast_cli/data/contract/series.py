"""Series: from the rows of a range of accounts to the panel to forecast and the ledger of all these accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.settings import Settings
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.irregular import deduplicate_irregular, merge_counts
from forecast_cli.data.contract.judge import add_quarantined, judge_accounts, select_ledger
from forecast_cli.data.contract.marks import CODE
from forecast_cli.data.contract.numbers import drop_columns, number_keys
from forecast_cli.data.contract.panel_build import build_panel
from forecast_cli.data.contract.profile import profile_of, split_unnamed
from forecast_cli.data.contract.row_counts import count_rows
from forecast_cli.data.panel import Panel
from forecast_cli.data.scan.canonical import AT, key_columns


@dataclass(frozen=True)
class ShardInput:
    """The accounts of a shard that can be forecast, and the outcome of all its accounts.

    ``panel``: the accounts that can be forecast, ascending by key, possibly none. ``ledger``: all accounts, ascending
    by key, with the columns of ``Contract.ledger``.
    """

    panel: Panel
    ledger: pl.DataFrame


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


def _origins(last: pl.Series, origin: date | None) -> NDArray[np.datetime64]:
    """Return the day each account's forecast starts from, [n]: the common origin, or its own last day."""
    own = last.to_numpy().astype("datetime64[D]")
    return own if origin is None else np.full(len(own), origin, dtype="datetime64[D]")
