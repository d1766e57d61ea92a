"""Whether the files of an input are still those that were listed."""

from collections.abc import Sequence

from forecast_cli.core.errors import InputRejectedError
from forecast_cli.data.files.storage import Access, Stat, storage_of
from forecast_cli.data.source import InputFile, Source


def assert_unchanged(source: Source) -> None:
    """Raise InputRejectedError if the size or modification time of a file differs from when it was listed."""
    assert_files_unchanged(source.files, source.access)


def assert_files_unchanged(files: Sequence[InputFile], access: Access | None) -> None:
    """Raise InputRejectedError for the first of ``files`` that differs; ``access`` is that of their source."""
    storage = storage_of(access)
    for file in files:
        try:
            found: Stat | None = storage.stat(file.path)
        except OSError:
            found = None
        if found != Stat(file.size, file.mtime_ns):
            happened = "has changed since it was listed" if found else "is gone since it was listed"
            raise InputRejectedError(
                f"{file.path}: {happened} [IN14]", "run again once the input is written", retryable=True
            )
