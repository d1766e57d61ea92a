"""Finished forecasts to score: where they are, whether they go together, and which of their files are read."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.errors import CheckFailedError, ConfigError
from forecast_cli.core.ledger import WITH_FORECAST
from forecast_cli.core.ledger_schemas import FAILURES_SCHEMA
from forecast_cli.core.risk_columns import RISK_COLUMNS
from forecast_cli.data.files.addresses import Address, Output
from forecast_cli.data.scan.canonical import key_columns
from forecast_cli.data.source import key_dtype_of
from forecast_cli.engine.published import PublishedRun
from forecast_cli.evaluation.sentences import DESCRIBED_LEVEL
from forecast_cli.store.find import raise_folder_errors, runs_at
from forecast_cli.store.layout import ACCOUNTS, FAILURES, FORECASTS, MANIFEST, RISK
from forecast_cli.store.manifest import FIND_RUN, read_manifest
from forecast_cli.workflows.places import place_of
from forecast_cli.workflows.preparing import Prepared
from forecast_cli.workflows.run_tables import RunTables, common_origin, find_missing_column

#: Tables of a forecast that a score reads.
READ: Final = (FORECASTS, RISK, ACCOUNTS, FAILURES)
#: Settings that all forecasts of a score must share: what was forecast, and which columns of the input were read.
_SHARED: Final = (
    *("id_col", "date_col", "balance_col", "currency_col", "timezone"),
    *("model", "season_length", "candidates", "horizon", "level", "threshold"),
)
#: Columns that are read; forecasts of earlier versions may lack some.
_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    FORECASTS: (c.STEP, c.MODEL, c.MEAN, c.MEDIAN),
    RISK: (*RISK_COLUMNS, c.MODEL),
    ACCOUNTS: ("status", "reason"),
    FAILURES: tuple(FAILURES_SCHEMA),
}


def find_forecasts(places: Sequence[Output]) -> tuple[Output, ...]:
    """Return the outputs in ``places``, each once: a place is the output of a forecast, or a folder that holds some.

    Raises CheckFailedError for a folder that holds no finished forecast.
    """
    found = [output for place in places for output in _outputs_at(place)]
    return tuple({place_of(output): output for output in found}.values())


def refuse_unlike(runs: Sequence[RunTables]) -> None:
    """Raise ConfigError for forecasts that do not go together, and for one without the interval that is described."""
    first, seen = runs[0], dict[str, Path]()
    for run in runs:
        for name in _SHARED:
            one, other = first.manifest.settings.get(name), run.manifest.settings.get(name)
            if one != other:
                raise ConfigError(
                    f"{run.output}: forecast with {name} {_shown(other)}, {first.output} with {_shown(one)}",
                    "score them into outputs of their own",
                )
        origin = run.manifest.input.origin or run.manifest.fingerprint
        if origin in seen:
            raise ConfigError(
                f"{run.output}: a second forecast from {origin}, beside {seen[origin]}",
                "name one forecast of each day",
            )
        seen[origin] = run.output
    if DESCRIBED_LEVEL not in first.manifest.settings.get("level", ()):
        raise ConfigError(
            f"{first.output}: has no {DESCRIBED_LEVEL:g} % intervals, from which the scaled CRPS is computed",
            f"forecast with --level {DESCRIBED_LEVEL:g} among the levels",
        )


def refuse_other_ids(runs: Sequence[RunTables], prepared: Prepared) -> None:
    """Raise ConfigError if account ids are of another type in a forecast than in the input."""
    source, id_col = prepared.checked.source, prepared.settings.id_col
    for run in runs:
        theirs = run.scan(ACCOUNTS).collect_schema()[id_col]
        if key_dtype_of(theirs) != source.key_dtype:
            raise ConfigError(
                f"{run.output}: '{id_col}' is {theirs}, but {source.id_dtype} in {source.root}",
                "give the balances with account ids of the type that the forecast has",
            )


def published_files(run: RunTables) -> PublishedRun:
    """Return the files that a run published; raises CheckFailedError for damaged ones, and ones of an older version."""
    leave_out = "leave this forecast out"
    for name, columns in _COLUMNS.items():
        if not run.has(name) and name != FORECASTS:
            raise CheckFailedError(f"{run.output}: has no {name}: another version wrote it", leave_out)
        lack = find_missing_column(run.scan(name), columns)
        if lack is not None:
            raise CheckFailedError(f"{run.output}: {name} {lack}", leave_out)
    run.refuse_damaged(run.paths(*READ))
    return PublishedRun(
        forecasts=tuple(run.paths(FORECASTS)),
        risk=run.output / RISK,
        accounts=run.output / ACCOUNTS,
        failures=run.output / FAILURES,
    )


def first_origin(runs: Sequence[RunTables]) -> date | None:
    """Return the first day from which any account was forecast, None if none was."""
    own = (
        _forecast_accounts(run).select(pl.col("last").min()).collect().item()
        for run in runs
        if common_origin(run) is None
    )
    days = [day for day in (*map(common_origin, runs), *own) if day is not None]
    return min(days, default=None)


def absent_accounts(runs: Sequence[RunTables], prepared: Prepared) -> pl.DataFrame:
    """Return the keys of accounts that were forecast and are not in the input, sorted."""
    keys, ledger = key_columns(prepared.settings), prepared.contract.ledger
    names = dict(zip(prepared.settings.key_columns, keys, strict=True))
    absent = [
        _forecast_accounts(run)
        .select(*names)
        .rename(names)
        .with_columns(pl.col(c.UNIQUE_ID).cast(prepared.checked.source.key_dtype))
        .join(ledger.lazy().select(keys), on=keys, how="anti")
        .collect()
        for run in runs
    ]
    return pl.concat(absent).unique().sort(keys)


def _forecast_accounts(run: RunTables) -> pl.LazyFrame:
    """Return the ledger rows of the accounts with a forecast."""
    return run.scan(ACCOUNTS).filter(pl.col("status").is_in(WITH_FORECAST))


def _outputs_at(forecast: Output) -> Sequence[Output]:
    """Return the forecast itself, or the finished forecasts in the folders directly below it."""
    if isinstance(forecast, Address):
        return [forecast]
    with raise_folder_errors(forecast):
        if not forecast.is_dir():
            return [forecast]
        found = runs_at(forecast)
    if found == [forecast]:
        return [forecast]
    finished = [folder for folder in found if (folder / MANIFEST).is_file() and _is_forecast(folder)]
    if not finished:
        raise CheckFailedError(f"{forecast}: holds no finished forecast", FIND_RUN)
    return finished


def _is_forecast(folder: Path) -> bool:
    return read_manifest(folder).command == "forecast"


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
