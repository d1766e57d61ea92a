"""The tables of a finished forecast: where they are, by which models, from which day."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from forecast_cli.core.errors import CheckFailedError, UsageError
from forecast_cli.core.text import did_you_mean
from forecast_cli.data.scan.collect import describe
from forecast_cli.store.manifest import Manifest
from forecast_cli.store.parquet import scan_table
from forecast_cli.store.read import read_manifest_of


@dataclass(frozen=True)
class RunTables:
    """The tables of a finished forecast, as far as its manifest names them."""

    output: Path
    manifest: Manifest

    def has(self, name: str) -> bool:
        """Say whether the run wrote a table."""
        return any(entry.path == name for entry in self.manifest.files)

    def scan(self, name: str) -> pl.LazyFrame:
        """Return the rows of a table, or of all part files in a folder."""
        paths = [entry.path for entry in self.manifest.files if entry.path == name or entry.path.startswith(f"{name}/")]
        return scan_table([self.output / path for path in paths])


def tables_of(output: Path) -> RunTables:
    """Return the tables of a finished forecast.

    Raises OutputConflictError for a run that is none, CheckFailedError where there is no run or a file of it is gone,
    OutputBusyError.
    """
    manifest = read_manifest_of("forecast", output)
    for entry in manifest.files:
        if not (output / entry.path).is_file():
            raise CheckFailedError(f"{output / entry.path}: is gone", f"see: forecast-cli check {output}")
    return RunTables(output, manifest)


def keys_of(settings: Mapping[str, Any]) -> list[str]:
    """Return the columns that tell accounts apart in the tables of a run, by the settings in its manifest."""
    currency = settings["currency_col"]
    return [settings["id_col"], *([currency] if currency else [])]


def choose_model(tables: RunTables, asked: str | None) -> str:
    """Return the model ``asked`` for, None for the run's first; raises UsageError for one it has no forecast by."""
    models: list[str] = tables.manifest.settings["model"]
    if asked is None:
        return models[0]
    if asked not in models:
        raise UsageError(
            f"{tables.output}: no forecast by '{asked}'",
            did_you_mean(asked, models, otherwise=f"it is by {', '.join(models)}"),
        )
    return asked


def common_origin(tables: RunTables) -> date | None:
    """Return the day all forecasts start from, None where each account has its own."""
    told = tables.manifest.input.origin
    return None if told is None else date.fromisoformat(told)


def damaged(output: Path, error: BaseException) -> CheckFailedError:
    """Return the error for a run of which a table cannot be read."""
    return CheckFailedError(f"{output}: a table cannot be read: {describe(error)}", f"see: forecast-cli check {output}")
