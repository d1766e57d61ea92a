"""Spill: the rows of an unsorted input, sorted into files of neighbouring accounts in the output folder, for one run.

A spill is valid once its index exists, which is written after the files it names; anything else is removed.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.attributes import with_kept_columns
from forecast_cli.data.scan.pieces import scan_pieces
from forecast_cli.data.scan.rows import scan_kept
from forecast_cli.data.scan.spilled import STORED_IDS, amounts_kept, texts_kept
from forecast_cli.data.scan.unchanged import assert_unchanged
from forecast_cli.data.source import InputFile, RowGroup, Source
from forecast_cli.store.atomic import make_folder, raise_write_errors, remove_folder, sync_folder, write_whole

_INDEX: Final = "index.json"
_BUCKET: Final = "bucket"
#: Target rows of a bucket, and the most buckets: each is a file that stays open while rows are written.
_BUCKET_ROWS: Final = 1_000_000
_MOST_BUCKETS: Final = 128
#: Most bytes of a row on disk: for account, day and instant together, and for each other column. Measured with one
#: amount column: 8 in total.
_ROW_BYTES: Final = 8
_COLUMN_BYTES: Final = 8


@dataclass(frozen=True)
class Bucket:
    """A file of the spill: its first and last account, and the number of rows of each of its row groups."""

    name: str
    size: int
    first: str | int
    last: str | int
    groups: tuple[int, ...]


_INDEX_TYPE: Final = TypeAdapter(tuple[Bucket, ...])


def spill_bytes(source: Source, settings: Settings) -> int:
    """Return the most bytes that the spill of an input takes on disk."""
    columns = len(amounts_kept(settings)) + len(texts_kept(settings))
    return source.rows * (_ROW_BYTES + _COLUMN_BYTES * columns)


def spill(
    source: Source, settings: Settings, ids: pl.Series, folder: Path, *, advance: Callable[[int], None]
) -> Source:
    """Return ``source`` sorted into buckets of accounts in ``folder``, which are written unless they are already there.

    ``ids`` are all accounts in order; rows of one account keep their order. ``advance`` receives the number of rows
    done.

    Raises InputRejectedError if the input cannot be read or changes meanwhile, and OutputNotWrittenError.
    """
    found = _read_complete_spill(folder)
    if found is None:
        _refuse_little_space(folder, spill_bytes(source, settings))
        remove_folder(folder)
        make_folder(folder)
        found = _write(source, settings, ids, folder, advance=advance)
        assert_unchanged(source)
        write_whole(folder / _INDEX, _INDEX_TYPE.dump_json(found))
    files = tuple(_input_file(bucket, folder, source, settings) for bucket in found)
    return replace(source, files=files, access=None, spilled=True)


def _refuse_little_space(folder: Path, needed: int) -> None:
    free = shutil.disk_usage(folder.parent).free
    if free < needed:
        raise OutputNotWrittenError(
            f"{folder}: {free / 1e9:.1f} GB free; sorting the input by account takes up to "
            f"{needed / 1e9:.1f} GB there while the run is at work",
            "free space, name an --output elsewhere, or deliver the input sorted by account",
        )


def _read_complete_spill(folder: Path) -> tuple[Bucket, ...] | None:
    """Return the buckets of a complete spill, None if there is none."""
    try:
        fault_point(Step.READ, folder / _INDEX)
        found = _INDEX_TYPE.validate_json((folder / _INDEX).read_bytes())
        whole = all((folder / bucket.name).stat().st_size == bucket.size for bucket in found)
    except (OSError, ValidationError):
        return None
    return found if whole else None


def _write(
    source: Source, settings: Settings, ids: pl.Series, folder: Path, *, advance: Callable[[int], None]
) -> tuple[Bucket, ...]:
    """Write the rows, piece by piece, each to the bucket of its account."""
    firsts, lasts = _bucket_ranges(ids, source.rows)
    names = [f"bucket-{number:05d}.parquet" for number in range(len(lasts))]
    groups: list[list[int]] = [[] for _ in names]
    with _writing_all([folder / name for name in names]) as write:
        for piece in scan_pieces(with_kept_columns(source, settings), settings, scan=scan_kept):
            rows = collect(piece, source)
            for bucket, some in _split_into_buckets(rows, lasts):
                write(bucket, some)
                groups[bucket].append(some.height)
            advance(rows.height)
    sync_folder(folder)
    return tuple(
        Bucket(name, (folder / name).stat().st_size, first, last, tuple(rows))
        for name, first, last, rows in zip(names, firsts, lasts, groups, strict=True)
        if rows
    )


def _bucket_ranges(ids: pl.Series, n_rows: int) -> tuple[pl.Series, pl.Series]:
    """Return the first and the last id of each bucket."""
    buckets = min(_MOST_BUCKETS, -(-n_rows // _BUCKET_ROWS), len(ids))
    size = -(-len(ids) // buckets)
    starts = range(0, len(ids), size)
    return ids.gather(list(starts)), ids.gather([min(start + size, len(ids)) - 1 for start in starts])


def _split_into_buckets(rows: pl.DataFrame, lasts: pl.Series) -> Iterator[tuple[int, pl.DataFrame]]:
    """Yield the rows of each bucket, in their original order; rows without an account id are left out."""
    named = rows.filter(pl.col(c.UNIQUE_ID).is_not_null())
    bucket = lasts.search_sorted(named[c.UNIQUE_ID]).alias(_BUCKET)
    dealt = named.with_columns(bucket).filter(pl.col(_BUCKET) < len(lasts)).sort(_BUCKET, maintain_order=True)
    for (number,), some in dealt.partition_by(_BUCKET, maintain_order=True, include_key=False, as_dict=True).items():
        yield int(str(number)), some


@contextmanager
def _writing_all(paths: Sequence[Path]) -> Iterator[Callable[[int, pl.DataFrame], None]]:
    """Yield a function that appends rows to the file at a position of ``paths``; all are flushed to disk at the end."""
    with ExitStack() as stack:
        writers: dict[int, pq.ParquetWriter] = {}

        def write(place: int, rows: pl.DataFrame) -> None:
            with raise_write_errors(paths[place]):
                table = rows.with_columns(STORED_IDS).to_arrow(compat_level=pl.CompatLevel.oldest())
                if place not in writers:
                    fault_point(Step.WRITE, paths[place])
                    writers[place] = stack.enter_context(_writer(paths[place], table.schema))
                writers[place].write_table(table, row_group_size=table.num_rows)

        yield write


@contextmanager
def _writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    with raise_write_errors(path), path.open("xb") as file:  # never a bucket of a run that has replaced this output
        repeated = [c.UNIQUE_ID, c.DS]
        with pq.ParquetWriter(file, schema, compression="zstd", compression_level=1, use_dictionary=repeated) as writer:
            yield writer
        file.flush()
        fault_point(Step.SYNC, path)
        os.fsync(file.fileno())


def _input_file(bucket: Bucket, folder: Path, source: Source, settings: Settings) -> InputFile:
    path = folder / bucket.name
    stat = path.stat()
    texts = ((name, pl.String()) for name in texts_kept(settings))
    amounts = ((name, pl.Float64()) for name in amounts_kept(settings))
    return InputFile(
        path=str(path),
        size=stat.st_size,
        mtime_ns=stat.st_mtime_ns,
        sha256="",
        rows=sum(bucket.groups),
        columns=((settings.id_col, source.key_dtype), *texts, *amounts),
        groups=tuple(RowGroup(rows, bucket.first, bucket.last) for rows in bucket.groups),
    )
