"""Tables of a finished run: their files, settings, models and origin, and ranges of accounts to read them by."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import CheckFailedError, ConfigError, InputRejectedError, UsageError
from forecast_cli.core.text import did_you_mean
from forecast_cli.data.read_errors import describe_error, read_errors
from forecast_cli.store.check import refuse_damaged, see_check
from forecast_cli.store.manifest import Manifest, read_manifest_of
from forecast_cli.store.tables import scan_table

#: First id of a range, and the first id after it; None is no bound. Null ids are in the range without a first id.
IdBounds = tuple[Any, Any]


@dataclass(frozen=True)
class RunTables:
    """Tables of a finished forecast, found by its manifest."""

    output: Path
    manifest: Manifest

    def has(self, name: str) -> bool:
        """Return whether the run wrote the table ``name``."""
        return any(entry.path == name for entry in self.manifest.files)

    def paths(self, *names: str) -> list[Path]:
        """Return the files of tables, each a file or a folder of part files."""
        own = (entry.path for entry in self.manifest.files)
        return [self.output / path for path in own if path in names or path.partition("/")[0] in names]

    def scan(self, name: str, *, path_column: str | None = None) -> pl.LazyFrame:
        """Return the rows of a table, or of all part files in a folder, with the path of each in ``path_column``."""
        return scan_table(self.paths(name), path_column=path_column)

    def refuse_damaged(self, paths: Collection[Path]) -> None:
        """Raise CheckFailedError if one of the files at ``paths`` is damaged."""
        wanted = set(paths)
        own = (entry for entry in self.manifest.files if self.output / entry.path in wanted)
        refuse_damaged(self.output, own, see_check(self.output))


def tables_of(output: Path) -> RunTables:
    """Return the tables of the finished forecast in ``output``.

    Raises OutputConflictError if the run is not a forecast, CheckFailedError if there is no finished run or one of its
    files is missing, and OutputBusyError if a run is writing there.
    """
    manifest = read_manifest_of(["forecast"], output)
    for entry in manifest.files:
        if not (output / entry.path).is_file():
            raise CheckFailedError(f"{output / entry.path}: is missing", see_check(output))
    return RunTables(output, manifest)


def keys_of(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns that identify an account in the tables of a run, from the settings of its manifest."""
    currency = settings.get("currency_col")
    return (settings["id_col"], currency) if currency else (settings["id_col"],)


def settings_of(manifest: Manifest) -> Settings:
    """Return the settings of a run, as far as they decide how its input is read; ``fitted`` is left out.

    Raises ConfigError if a setting is not valid with the packages installed here.
    """
    known = {name: value for name, value in manifest.settings.items() if name in Settings.model_fields}
    try:
        return Settings.model_validate(known | {"fitted": None})
    except ValidationError as error:  # for example a calendar that only another version of the package holidays has
        name = str(error.errors()[0]["loc"][0])
        raise ConfigError(
            f"{name} = {known[name]!r}, which the run was made with, is unknown here",
            "install the versions that the run was made with, which its manifest.json lists",
        ) from None


def choose_model(tables: RunTables, asked: str | None) -> str:
    """Return the model ``asked`` for, or the run's first if None; raise UsageError if the run does not have it."""
    models: list[str] = tables.manifest.settings["model"]
    if asked is None:
        return models[0]
    if asked not in models:
        raise UsageError(
            f"{tables.output}: no forecast by model '{asked}'",
            did_you_mean(asked, models, otherwise=f"its models: {', '.join(models)}"),
        )
    return asked


def find_missing_column(table: pl.LazyFrame, columns: Iterable[str]) -> str | None:
    """Return a message about the first of ``columns`` that a table lacks, None if it has all."""
    there = table.collect_schema()
    lacking = (column for column in columns if column not in there)
    return next((f"has no column '{column}': another version wrote it" for column in lacking), None)


def common_origin(tables: RunTables) -> date | None:
    """Return the day that all forecasts start from, None if each account has its own."""
    origin = tables.manifest.input.origin
    return None if origin is None else date.fromisoformat(origin)


@contextmanager
def reading_tables(output: Path) -> Iterator[None]:
    """Turn errors of polars and pyarrow inside the ``with`` block into a CheckFailedError for the run in ``output``."""
    try:
        yield
    except read_errors() as error:
        raise damaged(output, error) from None


def damaged(output: Path, error: BaseException) -> CheckFailedError:
    """Return the error for a run with a table that cannot be read."""
    return CheckFailedError(
        f"{output}: a table cannot be read: {describe_error(error)}",
        see_check(output),
    )


@contextmanager
def saying_whose_settings(settings: Settings) -> Iterator[None]:
    """Let an error about the input say that the forecasts, and no option, decide how it is read."""
    try:
        yield
    except InputRejectedError as error:
        hint = error.hint or ""
        if "-col" in hint:
            error.hint = (
                f"the columns have the names that the forecasts were made with: {', '.join(settings.named_columns)}"
            )
        elif "--" in hint and "--require-success" not in hint:  # score has that option
            error.hint = "correct the input: it is read with the settings that the forecasts were made with"
        raise


def split_ids(ids: pl.Series, *, accounts: int) -> list[IdBounds]:
    """Return ranges of ``accounts`` distinct ``ids`` each, which together hold every id there may be."""
    firsts = ids.drop_nulls().unique().sort().gather_every(accounts)[1:].to_list()
    return list(pairwise([None, *firsts, None]))


def in_range(column: str, ids: IdBounds) -> pl.Expr:
    """Return whether the id in ``column`` lies in a range."""
    (first, after), value = ids, pl.col(column)
    below = pl.lit(value=True) if after is None else value < pl.lit(after)
    return (below | value.is_null()) if first is None else below & (value >= pl.lit(first))
