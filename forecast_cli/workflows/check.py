"""Check of a finished run: its files against the manifest, its tables against the invariants of the contract."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.ledger import WITH_FORECAST
from forecast_cli.core.text import counted
from forecast_cli.data.files.addresses import Output
from forecast_cli.data.read_errors import describe_error, read_errors, refuse_limit
from forecast_cli.evaluation.rows import CUTOFF
from forecast_cli.store.check import Damage, damaged_files, stray_files
from forecast_cli.store.fingerprint import TABLES_VERSION
from forecast_cli.store.layout import ACCOUNTS, FORECASTS, RISK, SUCCESS
from forecast_cli.store.manifest import FileEntry, Manifest, read_manifest
from forecast_cli.store.table_schemas import table_schemas
from forecast_cli.store.tables import forecast_paths, load_table, scan_table
from forecast_cli.workflows.check_risk import risk_invariants
from forecast_cli.workflows.places import open_finished_run
from forecast_cli.workflows.results import CheckReport
from forecast_cli.workflows.run_tables import keys_of

#: Column in the ledger of a backtest or score: the number of windows of each account.
_WINDOWS = "windows"


def run_check(output: Output) -> CheckReport:
    """Check the run in ``output``, a folder or an address, and return its damages.

    Tables are checked against the contract only if their files are not damaged, and their columns are as expected.

    Raises CheckFailedError if there is no finished run or its manifest cannot be read, OutputBusyError if a run is
    writing there, and ConfigError or OutputNotWrittenError if an address cannot be opened or read.
    """
    with open_finished_run(output) as folder:
        manifest = read_manifest(folder)
        found = [*damaged_files(folder, manifest.files), *stray_files(folder, manifest)]
        damaged = {one.path for one in found}
        if SUCCESS not in damaged:
            whole = (entry for entry in manifest.files if entry.path not in damaged)
            found += column_damages(folder, manifest, whole)
            found += _broken_invariants(folder, manifest, {one.path.partition("/")[0] for one in found})
    return CheckReport(
        output=output,
        command=manifest.command,
        files=len(manifest.files),
        bytes=sum(entry.bytes for entry in manifest.files),
        accounts=manifest.input.accounts,
        forecast_rows=manifest.forecast_rows,
        damages=tuple(found),
    )


def _broken_invariants(output: Path, manifest: Manifest, damaged: Collection[str]) -> Iterator[Damage]:
    """Yield a damage for each invariant that a table breaks; the ``damaged`` ones are left out."""
    if ACCOUNTS in damaged:
        return
    try:
        accounts = load_table(output / ACCOUNTS)
    except read_errors() as error:
        yield _unreadable(ACCOUNTS, error)
        return
    invariants = {
        ACCOUNTS: _accounts_invariants(accounts, manifest),
        FORECASTS: _forecast_invariants(output, accounts, manifest),
    }
    if any(entry.path == RISK for entry in manifest.files):
        invariants[RISK] = risk_invariants(scan_table(output / RISK), accounts, manifest.settings)
    for table in (name for name in invariants if name not in damaged):
        try:
            yield from invariants[table]
        except read_errors() as error:
            yield _unreadable(table, error)


def _accounts_invariants(accounts: pl.DataFrame, manifest: Manifest) -> Iterator[Damage]:
    keys = keys_of(manifest.settings)
    if accounts.height != manifest.input.accounts:
        yield Damage(ACCOUNTS, f"{counted(accounts.height, 'account')}, but {manifest.input.accounts} in the input")
    if accounts.select(keys).is_duplicated().any():
        yield Damage(ACCOUNTS, "an account has more than one row")
    counts = dict(accounts.group_by("status").len().iter_rows())
    recorded = {status: count for status, count in manifest.accounts.items() if count}
    if counts != recorded:
        yield Damage(ACCOUNTS, f"accounts by status are {counts}, the manifest says {recorded}")


def _forecast_invariants(output: Path, accounts: pl.DataFrame, manifest: Manifest) -> Iterator[Damage]:
    paths = forecast_paths(output)
    if not paths:
        yield Damage(FORECASTS, f"no part file, the manifest says {counted(manifest.forecast_rows, 'row')}")
        return
    series = pl.concat(_summarize_series(load_table(path), manifest) for path in paths)
    rows, missing, crossed = series.select(pl.col("n_obs", "missing", "crossed").sum()).row(0)
    horizon, models = manifest.settings["horizon"], len(manifest.settings["model"])
    if rows != manifest.forecast_rows:
        yield Damage(FORECASTS, f"{counted(rows, 'row')}, the manifest says {manifest.forecast_rows}")
    if missing:
        yield Damage(FORECASTS, f"{counted(missing, 'row')} with a null, a NaN or an infinite number")
    if crossed:
        yield Damage(FORECASTS, f"{counted(crossed, 'row')} with quantiles that cross")
    twice = series.height - series.select(_series_keys(manifest)).n_unique()
    if twice:
        yield Damage(FORECASTS, f"{counted(twice, 'forecast')} in more than one part file")
    odd = series.filter(pl.any_horizontal(pl.col("n_obs", "steps", "last") != horizon)).height
    if odd:
        yield Damage(FORECASTS, f"{counted(odd, 'forecast')} without the steps 1 to {horizon}")
    forecast = accounts.filter(pl.col("status").is_in(WITH_FORECAST))
    wanted = models * int(forecast[_WINDOWS].sum() if _WINDOWS in forecast.columns else forecast.height)
    if series.height != wanted:
        yield Damage(FORECASTS, f"{counted(series.height, 'forecast')}, expected {wanted} by {ACCOUNTS} and the models")
    strangers = series.join(forecast, on=keys_of(manifest.settings), how="anti").height
    if strangers:
        yield Damage(FORECASTS, f"{counted(strangers, 'forecast')} for accounts that have none by {ACCOUNTS}")


def _summarize_series(forecasts: pl.DataFrame, manifest: Manifest) -> pl.DataFrame:
    """Return a row for each series of a part file: its rows, steps and last step, and how many rows are wrong."""
    quantiles = c.quantile_columns(tuple(manifest.settings["level"]))
    numbers = pl.col(c.MEAN, *quantiles)
    return forecasts.group_by(_series_keys(manifest)).agg(
        n_obs=pl.len(),
        steps=pl.col(c.STEP).n_unique(),
        last=pl.col(c.STEP).max(),
        missing=pl.any_horizontal(numbers.is_null() | ~numbers.is_finite()).sum(),
        crossed=pl.any_horizontal(pl.col(low) > pl.col(high) for low, high in pairwise(quantiles)).sum(),
    )


def _series_keys(manifest: Manifest) -> list[str]:
    return [*keys_of(manifest.settings), c.MODEL, *([] if manifest.command == "forecast" else [CUTOFF])]


def column_damages(output: Path, manifest: Manifest, entries: Iterable[FileEntry]) -> Iterator[Damage]:
    """Yield a damage for each column that a table among ``entries`` lacks or has with another type.

    A table that is not parquet is one damage. Account ids and currencies have the types of ``ACCOUNTS`` in all tables.
    """
    found: dict[str, Mapping[str, pl.DataType]] = {}
    for path in (entry.path for entry in entries if entry.path.endswith(".parquet")):
        try:
            found[path] = scan_table(output / path).collect_schema()
        except read_errors() as error:
            yield _unreadable(path, error)
    own = found.get(ACCOUNTS, {})
    keys = {name: own.get(name) for name in keys_of(manifest.settings)}
    expected = table_schemas(manifest.command, manifest.settings, keys)
    why = "" if manifest.versions.get("tables") == TABLES_VERSION else ": another version wrote it"
    for path, types in found.items():
        table = FORECASTS if path.startswith(f"{FORECASTS}/") else path
        for problem in _list_differences(types, expected.get(table, {})):
            yield Damage(path, f"{problem}{why}")


def _unreadable(path: str, error: BaseException) -> Damage:
    """Return the damage of a table that cannot be read; raise SystemLimitError if ``error`` is not due to the file."""
    refuse_limit(error, path)
    return Damage(path, f"cannot be read: {describe_error(error)}")


def _list_differences(types: Mapping[str, pl.DataType], expected: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs from the ``expected`` types of columns; None stands for any type."""
    for name, dtype in expected.items():
        if name not in types:
            yield f"has no column '{name}'" + (f", expected {dtype}" if dtype is not None else "")
        elif dtype is not None and types[name] != dtype:
            yield f"column '{name}' is {types[name]}, expected {dtype}"
