"""Manifest of a finished run: read from a folder or a store, with an error that says why there is none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from forecast_cli.core.errors import CheckFailedError, ForecastCliError, OutputBusyError, OutputConflictError
from forecast_cli.store.contents import Contents, FolderContents
from forecast_cli.store.layout import MANIFEST, RUNNING
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.manifest import Manifest, parse_manifest

#: Hint if there is no run, the same for all commands.
FIND_RUN: Final = (
    "name the output of a run; to find one, list the folder of your outputs: forecast-cli runs list FOLDER"
)


def find_manifest(contents: Contents) -> Manifest | None:
    """Return the manifest of an output, None if it has none.

    Raises CheckFailedError if the file cannot be read, is damaged, or is of another format.
    """
    path = f"{contents}/{MANIFEST}"
    try:
        content = contents.read(MANIFEST)
    except OSError as error:
        raise CheckFailedError(f"{path}: cannot be read: {error.strerror}", "fix its permissions") from None
    return None if content is None else parse_manifest(content, where=path)


def read_manifest(output: Path) -> Manifest:
    """Return the manifest of the finished run in the folder ``output``.

    Raises OutputBusyError if a run is writing there, and CheckFailedError if there is no finished run or its manifest
    cannot be read.
    """
    manifest = find_manifest(FolderContents(output))
    if manifest is None:
        raise _unfinished(output)
    return manifest


def read_manifest_of(commands: Sequence[str], output: Path) -> Manifest:
    """Return the manifest of the finished run of one of ``commands`` in the folder ``output``.

    Raises OutputConflictError if the run there is of another command, and what ``read_manifest`` raises.
    """
    manifest = read_manifest(output)
    if manifest.command not in commands:
        raise OutputConflictError(
            f"{output}: holds a {manifest.command}, expected a {' or a '.join(commands)}",
            f"name another output, or make one: forecast-cli {commands[0]} INPUT --output DIR",
        )
    return manifest


def _unfinished(output: Path) -> ForecastCliError:
    """Return the error that says why a folder has no manifest."""
    if output.is_file():
        return CheckFailedError(f"{output}: is a file, not a folder", FIND_RUN)
    if not output.is_dir():
        return CheckFailedError(f"{output}: no such folder", FIND_RUN)
    if not (output / RUNNING).is_dir():
        return CheckFailedError(f"{output}: not the output of a run: it has no {MANIFEST}", FIND_RUN)
    try:
        refuse_if_held(output)
    except OutputBusyError as error:
        return error
    return CheckFailedError(
        f"{output}: holds a run that was cut off", "run the command that wrote it again: finished shards are kept"
    )
