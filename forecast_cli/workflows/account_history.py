"""Balance history of one account, read again from the run's input: only files and rows that may hold the account."""

import shlex
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.core.text import is_utf8
from forecast_cli.data.contract.series import read_accounts
from forecast_cli.data.files.input_list import ListedInput, list_input
from forecast_cli.data.files.listing import ListedFile
from forecast_cli.data.files.open import check_files
from forecast_cli.data.findings import raise_rejection
from forecast_cli.data.panel import Panel, cut_panel
from forecast_cli.data.read_errors import read_errors
from forecast_cli.data.source import Source
from forecast_cli.models.pooled.windows import LOOK_BACK
from forecast_cli.store.manifest import Manifest
from forecast_cli.workflows.account_key import AccountKey, has_value
from forecast_cli.workflows.explanation import RECENT, AccountHistory, Rates
from forecast_cli.workflows.run_tables import saying_whose_settings, settings_of

_OTHER = "read from another input than the forecast"
_NOTHING = "the input holds no usable balances of this account"


@dataclass(frozen=True)
class AccountPast:
    """History of one account, as a panel with one row.

    ``panel`` is None if the history cannot be read. ``note`` says why it is missing, or that it comes from another
    input. ``same`` says whether it is the history that the forecast was made from.
    """

    panel: Panel | None
    note: str | None
    same: bool = False


def read_account_past(manifest: Manifest, key: AccountKey, origin: date | None, path: str | None) -> AccountPast:
    """Return the account's history from ``path``, or if that is None from the run's own input if it is unchanged.

    ``origin`` is the day the forecast starts from, None for the account's own last day.

    Raises InputRejectedError if ``path`` is given and cannot be read, and ConfigError if the run's settings are not
    valid with the packages installed here.
    """
    settings = settings_of(manifest)
    if path is None:
        missing = _why_unreadable(manifest)
        if missing is not None:
            return AccountPast(None, missing)
    try:
        with saying_whose_settings(settings):
            source = _open(path or manifest.input.root, settings, key)
        panel = _panel_of(source, settings, key, origin)
    except InputRejectedError:
        if path is not None:
            raise
        return AccountPast(None, _changed(manifest))
    same = _is_same(source, manifest)
    if path is None and not same:
        return AccountPast(None, _changed(manifest))
    return AccountPast(panel, _NOTHING if panel is None else None if same else _OTHER, same=same and panel is not None)


def recent_history(panel: Panel) -> AccountHistory:
    """Return the balances of the last ``RECENT`` days of the only account of a panel."""
    balances = panel.series(0)[-RECENT:]
    origin = panel.origins[0].item()
    return AccountHistory(
        tuple(origin - timedelta(days=back) for back in reversed(range(len(balances)))), tuple(balances.tolist())
    )


def recent_rates(panel: Panel) -> Rates | None:
    """Return the mean balance and the daily inflow and outflow of the last ``RECENT`` days of a panel's only account.

    None if the account has a single day.
    """
    balances = panel.series(0)[-RECENT - 1 :]
    flow = np.diff(balances)
    if not len(flow):
        return None
    return Rates(
        days=len(flow),
        mean_balance=float(balances[1:].mean()),
        in_a_day=float(np.maximum(flow, 0.0).mean()),
        out_a_day=float(np.minimum(flow, 0.0).mean()),
    )


def _changed(manifest: Manifest) -> str:
    root = manifest.input.root
    return f"the input {root} has changed since the forecast; to read it all the same: --input {shlex.quote(root)}"


def _why_unreadable(manifest: Manifest) -> str | None:
    """Return why the run's input cannot be read again unchanged, judged by names and sizes alone; None if it can."""
    root = manifest.input.root
    if "://" in root:
        return f"the input {root} is not a local file; to read it, name it with --input"
    for file in manifest.input.files:
        try:
            size = Path(file.path).stat().st_size
        except OSError:
            if Path(root).is_absolute():
                return f"the input {root} no longer exists; if it was moved, name it with --input"
            return f"the input {root} does not exist below this folder; name it with --input"
        if size != file.bytes:
            return _changed(manifest)
    return None


def _is_same(source: Source, manifest: Manifest) -> bool:
    """Return whether the content of every file of ``source`` is that of a file which the run read."""
    read = {file.sha256 for file in manifest.input.files}
    return all(file.sha256 in read for file in source.files)


def _open(path: str, settings: Settings, key: AccountKey) -> Source:
    listed = list_input(path, settings)
    raise_rejection(listed.listing.findings, listed.listing.root)
    source = check_files(_select_files(listed, settings, key), settings)
    raise_rejection(source.findings, source.root)
    return source


def _select_files(listed: ListedInput, settings: Settings, key: AccountKey) -> ListedInput:
    """Return only the local files that may hold the account, or the first file if none does, so that there is a schema.

    Remote files are all kept.
    """
    if listed.access is not None:
        return listed
    files = listed.listing.files
    near = tuple(file for file in files if _may_hold(file, settings.id_col, key.values[0])) or files[:1]
    return replace(listed, listing=replace(listed.listing, files=near))


def _may_hold(file: ListedFile, id_col: str, account: Any) -> bool:
    """Return whether a file may hold an account; True for a file that cannot be read."""
    if not is_utf8(file.path):
        return True
    folders = dict(file.hive)
    try:
        rows = pl.scan_parquet(file.path, glob=False, hive_partitioning=False)
        schema = rows.collect_schema()
        if id_col not in schema:
            return folders.get(id_col, str(account)) == str(account)
        count = rows.filter(has_value(id_col, schema[id_col], account)).select(pl.len()).collect().item()
    except read_errors():
        return True
    return bool(count)


def _panel_of(source: Source, settings: Settings, key: AccountKey, origin: date | None) -> Panel | None:
    """Return the panel of this account alone, as long a history as models use; None if it has no usable balances."""
    panel = read_accounts(source, settings, origin=origin, ids=[key.values[0]]).panel
    wanted = [str(value) for value in key.values]
    rows = [row for row, own in enumerate(panel.row_keys()) if [str(part) for part in own] == wanted]
    return cut_panel(panel.take(rows), LOOK_BACK) if rows else None
