"""Search for files that cannot be read: pages without checksums are verified by reading them."""

from collections.abc import Iterator
from dataclasses import replace

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.data.files.problems import Problem
from forecast_cli.data.read_errors import describe_error, read_errors, refuse_limit
from forecast_cli.data.scan.pieces import scan_pieces
from forecast_cli.data.scan.unchanged import assert_unchanged
from forecast_cli.data.source import Source


def find_unreadable(source: Source, settings: Settings) -> list[Problem]:
    """Read every page of the columns in the settings; if that fails, return a problem for each unreadable file.

    Raises InputRejectedError if a file has changed since it was listed, and SystemLimitError if the system refuses open
    files, threads or memory: no file is to blame then.
    """
    try:
        _read_through(source, settings)
    except read_errors() as error:
        refuse_limit(error, source.root)
        assert_unchanged(source)
        return list(_find_damaged_files(source, settings))
    return []


def _find_damaged_files(source: Source, settings: Settings) -> Iterator[Problem]:
    blamed = False
    for file in source.files:
        try:
            _read_through(replace(source, files=(file,)), settings)
        except read_errors() as error:
            refuse_limit(error, file.path)
            blamed = True
            yield Problem("IN04", file.path, f"its pages cannot be read: {describe_error(error)}")
    if not blamed:
        yield Problem("IN04", source.root, "its files cannot be read together", fatal=True)


def _read_through(source: Source, settings: Settings) -> None:
    """Decode every value and discard it."""
    for piece in scan_pieces(source, settings):
        piece.select(pl.all().max()).collect()
