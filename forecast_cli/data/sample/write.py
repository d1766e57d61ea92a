"""Writing of a sample: parquet part files, complete or absent, with the same bytes for the same spec."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_cli.core import columns as c
from forecast_cli.core.errors import OutputConflictError, OutputNotWrittenError
from forecast_cli.core.progress import Progress, stage
from forecast_cli.data.sample.accounts import BLOCK
from forecast_cli.data.sample.block import ACCOUNT_TYPE, BALANCE, describe_accounts, generate_block
from forecast_cli.data.sample.kinds import AccountType, Currency
from forecast_cli.data.sample.spec import SampleSpec, SampleSummary

ACCOUNTS_PER_FILE: Final = 100 * BLOCK
_PARTS: Final = "part-*.parquet"
_STAGING: Final = ".staging"  # readers ignore names that start with a dot

_LABEL: Final = pa.dictionary(pa.int8(), pa.string())
_SCHEMA: Final = pa.schema(
    [
        pa.field(c.ACCOUNT_ID, pa.string(), nullable=False),
        pa.field(c.DATE, pa.date32(), nullable=False),
        pa.field(BALANCE, pa.float64(), nullable=False),
        pa.field(ACCOUNT_TYPE, _LABEL, nullable=False),
        pa.field(c.CURRENCY, _LABEL, nullable=False),
    ]
)


def write_sample(spec: SampleSpec, output: Path, progress: Progress, *, force: bool = False) -> SampleSummary:
    """Write a sample as ``output``/part-NNNNN.parquet, one row group for every thousand accounts; return a summary.

    The files appear together, when all are written. ``force`` replaces the parts of an earlier sample.

    Raises OutputConflictError if there are parts and ``force`` is not set, and OutputNotWrittenError if writing fails.
    """
    if not force and next(output.glob(_PARTS), None) is not None:
        raise OutputConflictError(f"{output}: already holds part files", "replace them with --force")
    with stage(progress, "Writing sample accounts", spec.accounts), _staging(output) as staging:
        parts = [
            _write_part(spec, first, staging / f"part-{number:05d}.parquet", progress)
            for number, first in enumerate(range(0, spec.accounts, ACCOUNTS_PER_FILE))
        ]
        files = _publish(staging, output)
    return SampleSummary(
        accounts=spec.accounts,
        rows=sum(rows for rows, _ in parts),
        bytes=sum(file.stat().st_size for file in files),
        files=files,
        account_types={name.value: sum(types[name.value] for _, types in parts) for name in AccountType},
    )


@contextmanager
def _staging(output: Path) -> Iterator[Path]:
    """Yield a temporary folder in ``output`` that is removed at the end; raise an OSError as OutputNotWrittenError."""
    staging = output / _STAGING
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        yield staging
    except OSError as error:
        message = f"{output}: the sample could not be written: {error.strerror or error}"
        raise OutputNotWrittenError(message, "name another folder with --output") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_part(spec: SampleSpec, first: int, path: Path, progress: Progress) -> tuple[int, Counter[str]]:
    """Write one part file, block by block, and return its number of rows and its accounts by type."""
    rows, types = 0, Counter[str]()
    with path.open("wb") as file:
        with pq.ParquetWriter(
            file, _SCHEMA, version="2.6", compression="zstd", compression_level=3, write_page_checksum=True
        ) as writer:
            for block in range(first, min(first + ACCOUNTS_PER_FILE, spec.accounts), BLOCK):
                count = min(BLOCK, spec.accounts - block)
                table = _arrow(generate_block(spec, block, count))
                writer.write_table(table, row_group_size=table.num_rows)
                rows += table.num_rows
                types.update(describe_accounts(spec, block, count)[ACCOUNT_TYPE].to_list())
                progress.advance(count)
        file.flush()
        os.fsync(file.fileno())
    return rows, types


def _publish(staging: Path, output: Path) -> tuple[Path, ...]:
    """Replace the old parts with the new ones, and return their paths."""
    files = tuple(part.replace(output / part.name) for part in sorted(staging.glob(_PARTS)))
    for old in set(output.glob(_PARTS)) - set(files):
        old.unlink()
    folder = os.open(output, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return files


def _arrow(frame: pl.DataFrame) -> pa.Table:
    """Return the arrow table of a block, with column types that do not depend on the version of polars."""
    columns = [frame[field.name].to_arrow().cast(field.type) for field in _SCHEMA if field.type != _LABEL]
    labels = [_dictionary(frame[ACCOUNT_TYPE], AccountType), _dictionary(frame[c.CURRENCY], Currency)]
    return pa.Table.from_arrays(columns + labels, schema=_SCHEMA)


def _dictionary(labels: pl.Series, names: type[StrEnum]) -> pa.DictionaryArray:
    codes = labels.to_physical().to_arrow().cast(pa.int8())
    return pa.DictionaryArray.from_arrays(codes, pa.array([name.value for name in names], pa.string()))
