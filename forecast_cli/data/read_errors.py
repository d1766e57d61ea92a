"""Errors of reading: those that a bad file causes in a parquet reader become an InputRejectedError naming the input."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import polars as pl

from forecast_cli.core.errors import InputRejectedError
from forecast_cli.core.limits import limit_reached
from forecast_cli.core.redact import redact
from forecast_cli.data.files.storage import Access
from forecast_cli.data.scan.unchanged import assert_files_unchanged
from forecast_cli.data.source import InputFile, Source

_LONGEST_CAUSE: Final = 200
_DELIVER_AGAIN: Final = "deliver the file again, or leave unreadable files out with --on-bad-file quarantine"


def collect(lazy: pl.LazyFrame, source: Source) -> pl.DataFrame:
    """Return the rows of ``lazy``, a query over ``source``; raise InputRejectedError if it cannot be read."""
    where = source.files[0].path if len(source.files) == 1 else source.root
    with raise_read_errors(where, source.files, source.access):
        return lazy.collect()


@contextmanager
def raise_read_errors(where: str, files: Sequence[InputFile], access: Access | None) -> Iterator[None]:
    """Turn errors of polars and pyarrow inside the ``with`` block into an InputRejectedError at ``where``.

    If one of ``files``, those that are read, has changed or is gone, the error names that file and is retryable.

    Raises SystemLimitError if the system refuses open files, threads or memory.

    polars panics on some malformed pages, with a BaseException that ``except Exception`` does not catch. An error that
    only a wrong query can cause, such as ColumnNotFoundError, is not converted: it is a bug.
    """
    try:
        yield
    except read_errors() as error:
        refuse_limit(error, redact(where))
        assert_files_unchanged(files, access)
        raise InputRejectedError(f"{redact(where)}: cannot be read: {describe_error(error)}", _DELIVER_AGAIN) from None
    except Exception:  # a column that is gone, if the file is another one now; else a bug
        assert_files_unchanged(files, access)
        raise


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


def refuse_limit(error: BaseException, where: str) -> None:
    """Raise SystemLimitError if ``error``, of reading ``where``, is not due to a file but to a limit of the system."""
    limit = limit_reached(error, f"{where}: cannot be read")
    if limit:
        raise limit from None


def describe_error(error: BaseException) -> str:
    """Return the first line of an error message, shortened and without secrets."""
    if isinstance(error, pl.exceptions.PanicException):
        return "the reader panicked over malformed pages"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    text = redact(lines[0])
    return text if len(text) <= _LONGEST_CAUSE else text[:_LONGEST_CAUSE] + "..."
