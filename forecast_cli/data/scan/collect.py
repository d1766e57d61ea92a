"""Reading boundary: errors that a bad file causes in a parquet reader become an InputRejectedError naming the input."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import polars as pl

from forecast_cli.core.errors import InputRejectedError
from forecast_cli.core.redact import redact
from forecast_cli.data.source import Source

_LONGEST_CAUSE: Final = 200
_DELIVER_AGAIN: Final = "deliver the file again, or leave unreadable files out with --on-bad-file quarantine"


def collect(lazy: pl.LazyFrame, source: Source) -> pl.DataFrame:
    """Return the rows of ``lazy``, a query over ``source``; raise InputRejectedError if it cannot be read."""
    with raise_read_errors(source.files[0].path if len(source.files) == 1 else source.root):
        return lazy.collect()


@contextmanager
def raise_read_errors(where: str) -> Iterator[None]:
    """Turn errors of polars and pyarrow inside the ``with`` block into an InputRejectedError at ``where``.

    polars panics on some malformed pages, with a BaseException that ``except Exception`` does not catch. An error that
    only a wrong query can cause, such as ColumnNotFoundError, is not converted: it is a bug.
    """
    try:
        yield
    except read_errors() as error:
        raise InputRejectedError(f"{redact(where)}: cannot be read: {describe_error(error)}", _DELIVER_AGAIN) from None


def read_errors() -> tuple[type[BaseException], ...]:
    """Return the exceptions that polars and pyarrow raise on a bad file.

    Imports pyarrow, which is slow: call this only after something has failed.
    """
    import pyarrow as pa

    return (
        OSError,
        UnicodeDecodeError,  # raised by pyarrow for names that are not UTF-8
        pa.ArrowException,
        pl.exceptions.ComputeError,
        pl.exceptions.InvalidOperationError,
        pl.exceptions.NoDataError,
        pl.exceptions.SchemaError,
        pl.exceptions.PanicException,
    )


def describe_error(error: BaseException) -> str:
    """Return the first line of an error message, shortened and without secrets."""
    if isinstance(error, pl.exceptions.PanicException):
        return "the reader panicked over malformed pages"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = redact(lines[0])
    return text if len(text) <= _LONGEST_CAUSE else text[:_LONGEST_CAUSE] + "..."
