"""Lazy scan of a source: the rows of all files, in file order and in the same columns."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.files.storage import Access
from forecast_cli.data.read_errors import raise_read_errors
from forecast_cli.data.scan.canonical import AT, balance_rows, currency_rows, day_rows, id_rows
from forecast_cli.data.scan.id_range import IdRange
from forecast_cli.data.scan.local import layout, polars_reads_folders, scan_local
from forecast_cli.data.scan.spilled import amounts_kept, kept_rows, scan_spilled, texts_kept
from forecast_cli.data.source import InputFile, Source


def scan_rows(
    source: Source,
    settings: Settings,
    *,
    first_id: object = None,
    last_id: object = None,
    unnamed_currency: str | None = None,
) -> pl.LazyFrame:
    """Return the rows of ``source``, in file order: unique_id, ds, at, y, and currency if the settings name it.

    ``ds`` is the day in the source's timezone, ``at`` the instant of a timestamp (null for dates), ``y`` float64 with
    null, NaN and inf kept. ``first_id`` and ``last_id`` (both included, of type ``source.key_dtype``) are pushed down
    to folders and row groups. ``unnamed_currency`` is a text or categorical column, in all files or the folders above
    them, that the settings do not name. It is returned as ``currency``, cast to text only if its type differs between
    files, since casting categoricals is slow; it is ignored for spilled sources. Nothing is read before ``collect``.
    """
    ids = IdRange(settings.id_col, source.key_dtype, first_id, last_id)
    files = ids.files_of(source)
    if not files:
        return _no_rows(source, settings)
    if source.spilled:
        return scan_spilled(files, settings, ids)
    names, values = settings.named_columns, [balance_rows(settings.balance_col)]
    if settings.currency_col is not None:
        values.append(currency_rows(settings.currency_col))
    if unnamed_currency is not None:
        names = (*names, unnamed_currency)
        values.append(_with_file_type(unnamed_currency, files).alias(c.CURRENCY))
    return pl.concat(
        lazy.filter(*ids.rows(dict(file.columns).get(settings.id_col))).select(*_keyed(file, source, settings), *values)
        for lazy, file in _scan_by_layout(files, source, names)
    )


def scan_kept(source: Source, settings: Settings) -> pl.LazyFrame:
    """Return the rows of ``source`` in the columns to spill: unique_id, ds, at, and those of ``spilled.kept_rows``.

    Its files must have the types of all kept columns, which ``attributes.with_kept_columns`` adds.
    """
    names = tuple(dict.fromkeys((*settings.named_columns, *amounts_kept(settings), *texts_kept(settings))))
    return pl.concat(
        lazy.select(*_keyed(file, source, settings), *kept_rows(settings))
        for lazy, file in _scan_by_layout([file for file in source.files if file.rows], source, names)
    )


def _scan_by_layout(
    files: Sequence[InputFile], source: Source, names: Sequence[str]
) -> Iterator[tuple[pl.LazyFrame, InputFile]]:
    """Yield the rows of consecutive files of one layout, and the first such file; ``names`` are the columns read."""
    by_polars = all(polars_reads_folders(file.path) for file in files if _folders(file, names))
    for _, group in groupby(files, key=lambda file: layout(file, _folders(file, names), by_polars=by_polars)):
        alike = list(group)
        yield _scan(alike, _folders(alike[0], names), source.access, by_polars=by_polars), alike[0]


def _folders(file: InputFile, names: Sequence[str]) -> tuple[str, ...]:
    """Return the columns among ``names`` that are not in the file but are hive folders above it."""
    own = {name for name, _ in file.columns}
    return tuple(name for name in names if name not in own)


def _scan(
    files: Sequence[InputFile], folders: Sequence[str], access: Access | None, *, by_polars: bool
) -> pl.LazyFrame:
    if access is None:
        return scan_local(files, folders, by_polars=by_polars)
    from forecast_cli.data.files.objects import ObjectStorage  # pyarrow is heavy
    from forecast_cli.data.scan.objects import scan_objects

    with raise_read_errors(files[0].path, files, access):
        return scan_objects(files, ObjectStorage(access), folders)


def _keyed(file: InputFile, source: Source, settings: Settings) -> list[pl.Expr]:
    raw = dict(file.columns)
    return [
        id_rows(settings.id_col, raw.get(settings.id_col), source.key_dtype),
        *day_rows(settings.date_col, raw.get(settings.date_col), source.timezone),
    ]


def _with_file_type(column: str, files: Sequence[InputFile]) -> pl.Expr:
    types = {dict(file.columns).get(column) for file in files}
    return pl.col(column) if len(types) == 1 else currency_rows(column)


def _no_rows(source: Source, settings: Settings) -> pl.LazyFrame:
    schema = {c.UNIQUE_ID: source.key_dtype, c.DS: pl.Date(), AT: pl.Datetime("us"), c.Y: pl.Float64()}
    return pl.LazyFrame(schema=schema if settings.currency_col is None else schema | {c.CURRENCY: pl.String()})
