"""Check of the tables of a run against the columns that this version writes."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from forecast_cli.data.read_errors import describe_error, read_errors, refuse_limit
from forecast_cli.store.check import Damage
from forecast_cli.store.fingerprint import TABLES_VERSION
from forecast_cli.store.layout import ACCOUNTS, FORECASTS
from forecast_cli.store.manifest import FileEntry, Manifest
from forecast_cli.store.table_schemas import table_schemas
from forecast_cli.store.tables import scan_table
from forecast_cli.workflows.run_tables import keys_of


def column_damages(output: Path, manifest: Manifest, entries: Iterable[FileEntry]) -> Iterator[Damage]:
    """Yield a damage for each column that a table among ``entries`` lacks or has with another type.

    A table that is not parquet is one damage. Account ids and currencies have the types of ``ACCOUNTS`` in all tables.
    """
    found: dict[str, Mapping[str, pl.DataType]] = {}
    for path in (entry.path for entry in entries if entry.path.endswith(".parquet")):
        try:
            found[path] = scan_table(output / path).collect_schema()
        except read_errors() as error:
            yield unreadable(path, error)
    own = found.get(ACCOUNTS, {})
    keys = {name: own.get(name) for name in keys_of(manifest.settings)}
    expected = table_schemas(manifest.command, manifest.settings, keys)
    why = "" if manifest.versions.get("tables") == TABLES_VERSION else ": another version wrote it"
    for path, types in found.items():
        table = FORECASTS if path.startswith(f"{FORECASTS}/") else path
        for problem in _list_differences(types, expected.get(table, {})):
            yield Damage(path, f"{problem}{why}")


def unreadable(path: str, error: BaseException) -> Damage:
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
