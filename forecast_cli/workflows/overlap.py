"""Places where a run may not write: in its input or another run, an unknown kind of address, metrics in the output."""

from pathlib import Path, PurePath, PurePosixPath

from forecast_cli.core.errors import CheckFailedError, OutputConflictError, OutputNotWrittenError
from forecast_cli.core.text import is_utf8
from forecast_cli.data.files.addresses import (
    SCHEMES,
    WRITE_HOME,
    Address,
    Output,
    bucket_and_key,
    is_unexpanded,
    lost_scheme,
)
from forecast_cli.data.files.selection import has_glob, select_parquet, split_glob
from forecast_cli.data.files.storage import without_file_scheme
from forecast_cli.store.atomic import raise_write_errors
from forecast_cli.store.contents import FolderContents
from forecast_cli.store.layout import ACCOUNTS, FORECASTS
from forecast_cli.store.manifest import find_manifest


def refuse_unusable_output(source: str, output: Output) -> None:
    """Raise OutputConflictError if a run that reads ``source`` may not write to ``output``."""
    refuse_unusable_name(output)
    refuse_overlap(source, output)
    refuse_inside_run(output)


def refuse_unusable_name(output: Output) -> None:
    """Raise OutputConflictError for an address of a scheme that cannot be written, and for a path that cannot be read.

    Such a path is not UTF-8, or begins with a ``~`` that no shell has replaced.
    """
    if isinstance(output, Address):
        return
    if not is_utf8(str(output.absolute())):
        raise OutputConflictError(f"--output {output}: its path is not UTF-8", "name a folder with a path in UTF-8")
    if is_unexpanded(output):
        raise OutputConflictError(f"--output {output}: the shell did not replace ~ by the home folder", WRITE_HOME)
    scheme = lost_scheme(output)
    if scheme:
        raise OutputConflictError(
            f"--output {scheme}://...: a run writes to a folder, or to an address of {', '.join(SCHEMES)}",
            "write to one of these, and copy the output when it holds _SUCCESS",
        )


def refuse_overlap(source: str, output: Output) -> None:
    """Raise OutputConflictError if reading ``source`` would read files that a run writes to ``output``.

    ``source`` is a path, an address or a glob.
    """
    source = without_file_scheme(source)
    if ("://" in source) is not isinstance(output, Address):
        return
    if isinstance(output, Address):
        source = str(Address(source))
        taken_in = _contains_object(bucket_and_key(source), bucket_and_key(str(output)))
    else:
        written = output.resolve()
        is_glob = has_glob(source) and not Path(source).exists()
        taken_in = _contains_by_glob(source, written) if is_glob else _contains(Path(source), written)
    if taken_in:
        raise OutputConflictError(
            f"{output}: lies inside the input {source}; the next run would read its own forecasts",
            "name an --output outside the input",
        )


def refuse_inside_run(output: Output) -> None:
    """Raise OutputConflictError if ``output`` lies inside a finished run, whose check would then fail."""
    around = output.resolve().parents if isinstance(output, Path) else ()
    for folder in around:
        if _is_finished_run(folder):
            raise OutputConflictError(
                f"{output}: lies inside another run, {folder}; its check would find files that it did not write",
                "name an --output outside that run",
            )


def _is_finished_run(folder: Path) -> bool:
    try:
        return find_manifest(FolderContents(folder)) is not None
    except CheckFailedError:  # a file of that name that no run wrote
        return False


def _contains_object(read: str, written: str) -> bool:
    folder, pattern = split_glob(read) if has_glob(read) else (read, "**")
    return _selects(pattern, PurePosixPath(folder), PurePosixPath(written))


def _contains(source: Path, written: Path) -> bool:
    read = source.resolve()
    return written == read or (read.is_dir() and read in written.parents)


def _contains_by_glob(source: str, written: Path) -> bool:
    """Return whether a glob matches tables of an output, by the rule that selects files of the input."""
    folder, pattern = split_glob(source)
    return _selects(pattern, Path(folder).resolve(), written)


def _selects(pattern: str, root: PurePath, written: PurePath) -> bool:
    tables = (written / ACCOUNTS, written / FORECASTS / "part-00000.parquet")
    below = [table.relative_to(root).as_posix() for table in tables if table.is_relative_to(root)]
    return bool(select_parquet(below, pattern).data)


def refuse_metrics(path: Path, output: Output) -> None:
    """Raise if the file of ``--metrics`` cannot be written.

    Raises OutputConflictError for a path inside the output, which may hold only files of its run, and
    OutputNotWrittenError for a folder, or a file in a folder that does not exist or may not be entered.
    """
    if isinstance(output, Path) and output.resolve() in path.resolve().parents:
        raise OutputConflictError(
            f"--metrics {path}: lies inside the output {output}", "name a file outside the output"
        )
    with raise_write_errors(path):
        is_folder, has_parent = path.is_dir(), path.parent.is_dir()
    if is_folder or not has_parent:
        what = "is a folder" if is_folder else f"there is no folder {path.parent}"
        raise OutputNotWrittenError(f"--metrics {path}: {what}", "name a file in a folder that exists")
