"""Where files may not go: an output into an object store or into the input, metrics into the output."""

import re
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

from forecast_cli.core.errors import OutputConflictError, OutputNotWrittenError
from forecast_cli.core.text import is_utf8
from forecast_cli.store.layout import ACCOUNTS, FORECASTS

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def refuse_odd_name(output: Path) -> None:
    """Raise OutputConflictError for an address, where a run writes to a folder, and for a path that is not UTF-8."""
    if not is_utf8(str(output.absolute())):
        raise OutputConflictError(f"--output {output}: its path is not UTF-8", "name a folder whose path is")
    address = _SCHEME.match(str(output))
    if address:
        raise OutputConflictError(
            f"--output {address[0]}/...: is an address; a run writes to a folder",
            "name a folder as --output, and copy it to the store once it holds _SUCCESS",
        )


def refuse_overlap(source: str, output: Path) -> None:
    """Raise OutputConflictError where ``source``, a path or a glob, takes in what a run writes to ``output``."""
    if "://" in source:
        return
    written = output.resolve()
    inside = _takes_in_by_pattern(source, written) if _is_pattern(source) else _takes_in(Path(source), written)
    if inside:
        raise OutputConflictError(
            f"{output}: lies inside the input {source}; the next run would read its own forecasts",
            "name an --output outside the input",
        )


def _is_pattern(source: str) -> bool:
    return any(char in source for char in "*?[") and not Path(source).exists()


def _takes_in(source: Path, written: Path) -> bool:
    read = source.resolve()
    return written == read or (read.is_dir() and read in written.parents)


def _takes_in_by_pattern(source: str, written: Path) -> bool:
    """Hold the tables of an output against a pattern, part by part; ``**`` is taken for any number of folders."""
    pattern = Path.cwd().joinpath(source).parts
    tables = (written / ACCOUNTS, written / FORECASTS / "part-00000.parquet")
    return any(_matches(table.parts, pattern) for table in tables)


def _matches(parts: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern:
        return not parts
    first, *rest = pattern
    if first == "**":
        return any(_matches(parts[skipped:], tuple(rest)) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatch(parts[0], first) and _matches(parts[1:], tuple(rest))


def refuse_metrics(path: Path, output: Path) -> None:
    """Raise where a file of metrics cannot stand: in the output, which holds what its run wrote, or in no folder."""
    if output.resolve() in path.resolve().parents:
        raise OutputConflictError(f"--metrics {path}: lies inside the output {output}", "name a file outside of it")
    if path.is_dir() or not path.parent.is_dir():
        what = "is a folder" if path.is_dir() else f"there is no folder {path.parent}"
        raise OutputNotWrittenError(f"--metrics {path}: {what}", "name a file in a folder that is there")
