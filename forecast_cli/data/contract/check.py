"""Data contract: checks the rows of an input account by account, and says what a run would do with each account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import CURRENCY
from forecast_cli.data.contract.currency import find_mixed_currencies, find_unnamed_currency
from forecast_cli.data.contract.irregular import Pieces, count_irregular
from forecast_cli.data.contract.judge import add_quarantined, find_origin, judge_accounts, select_ledger
from forecast_cli.data.contract.marks import CODE
from forecast_cli.data.contract.profile import Collect, profile_pieces, split_unnamed
from forecast_cli.data.contract.row_findings import find_in_rows
from forecast_cli.data.findings import Finding
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.pieces import scan_pieces
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import Source


@dataclass(frozen=True)
class Contract:
    """The result of checking a whole input against the data contract.

    ``ledger``: one row per account, ascending by key: unique_id (and currency if the settings name it) and
    ``core.ledger_schemas.ACCOUNTS_SCHEMA``; status ok, skipped or failed. ``origin``: the day all forecasts start from,
    None if each account has its own or no account has a balance. ``findings``: every rule that applies to rows or
    accounts.
    """

    ledger: pl.DataFrame
    origin: date | None
    findings: tuple[Finding, ...]


def check_input(source: Source, settings: Settings, *, threads: int = 1) -> Contract:
    """Check all rows of ``source``, in ``threads`` threads; every page of the columns in the settings is read.

    Raises InputRejectedError only if a file cannot be read.
    """
    typed, unnamed = find_unnamed_currency(source, settings)
    return check_pieces(
        partial(scan_pieces, typed, settings, scan=partial(scan_rows, unnamed_currency=unnamed)),
        settings,
        collect=partial(collect, source=source),
        quarantined_ids=source.quarantined_ids,
        currency_col=unnamed or CURRENCY,
        threads=threads,
    )


def check_pieces(
    pieces: Pieces,
    settings: Settings,
    *,
    collect: Collect = pl.LazyFrame.collect,
    quarantined_ids: Sequence[str] = (),
    currency_col: str = CURRENCY,
    threads: int = 1,
) -> Contract:
    """Check rows in ``pieces``: unique_id, ds, at, y, and currency. Bad rows are findings, never errors.

    A ``currency`` that the settings do not name is only checked: an account with several currencies is rejected, and
    ``currency_col`` is the column it was read from.
    """
    profile, nameless = split_unnamed(profile_pieces(pieces(), settings, collect=collect, threads=threads))
    coded = add_quarantined(profile, quarantined_ids).with_row_index(CODE)
    counted = count_irregular(coded, pieces, settings, collect=collect)
    origin = find_origin(counted, settings)
    judged = judge_accounts(counted, settings, origin=origin)
    found = find_in_rows(judged, settings, origin=origin, nameless=nameless)
    mixed = find_mixed_currencies(judged, settings, currency_col=currency_col)
    findings = (*found, mixed) if mixed else found
    return Contract(select_ledger(judged, settings), origin, findings)
