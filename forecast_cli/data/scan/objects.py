"""Scan of objects in a store: the only lazy reader that uses pyarrow's file systems."""

from collections.abc import Sequence

import polars as pl
import pyarrow as pa
import pyarrow.dataset as pads

from forecast_cli.data.files.hive import NULL_PARTITION
from forecast_cli.data.files.objects import ObjectStorage, key_of
from forecast_cli.data.source import InputFile


def scan_objects(files: Sequence[InputFile], storage: ObjectStorage, folders: Sequence[str]) -> pl.LazyFrame:
    """Return the rows of ``files``, all of one layout; ``folders`` are the columns taken from hive folders."""
    dataset = pads.FileSystemDataset.from_paths(
        [key_of(file.path) for file in files],
        schema=_schema(files[0], folders),
        format=pads.ParquetFileFormat(),
        filesystem=storage.filesystem,
        partitions=[_partition(file, folders) for file in files],
    )
    return pl.scan_pyarrow_dataset(dataset)


def _schema(file: InputFile, folders: Sequence[str]) -> pa.Schema:
    """Return the schema of the columns to read; categoricals are read as text."""
    texts = (pl.Categorical, pl.Enum)
    columns = {name: pl.String() if isinstance(dtype, texts) else dtype for name, dtype in file.columns}
    frame = pl.DataFrame(schema=columns | dict.fromkeys(folders, pl.String()))
    return frame.to_arrow(compat_level=pl.CompatLevel.oldest()).schema


def _partition(file: InputFile, folders: Sequence[str]) -> pads.Expression:
    expression = pads.scalar(True)  # noqa: FBT003
    for name in folders:
        value = dict(file.hive)[name]
        field = pads.field(name)
        expression = expression & (field.is_null() if value == NULL_PARTITION else field == value)
    return expression
