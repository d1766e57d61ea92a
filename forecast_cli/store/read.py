"""Reading the manifest of a finished run, or why there is none."""

from pathlib import Path
from typing import Final

from forecast_cli.core.errors import CheckFailedError, ForecastCliError, OutputBusyError, OutputConflictError
from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.store.layout import MANIFEST, RUNNING
from forecast_cli.store.lock import refuse_if_held
from forecast_cli.store.manifest import Manifest, parse_manifest

_NAME_ONE: Final = "name the --output of a run; to find one: forecast-cli runs list FOLDER"


def read_manifest(output: Path) -> Manifest:
    """Return the manifest of a finished run.

    Raises CheckFailedError where there is none, for what reason it says, and OutputBusyError where a run is at work.
    """
    path = output / MANIFEST
    try:
        fault_point(Step.READ, path)
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _unfinished(output) from None
    except OSError as error:
        raise CheckFailedError(f"{path}: cannot be read: {error.strerror}", "mend its permissions") from None
    return parse_manifest(content, where=str(path))


def read_manifest_of(command: str, output: Path) -> Manifest:
    """Return the manifest of a finished run of ``command``.

    Raises OutputConflictError where ``output`` holds a run of another, and what ``read_manifest`` raises.
    """
    manifest = read_manifest(output)
    if manifest.command != command:
        raise OutputConflictError(
            f"{output}: holds a {manifest.command}, expected a {command}",
            f"name the output of: forecast-cli {command} INPUT --output DIR",
        )
    return manifest


def _unfinished(output: Path) -> ForecastCliError:
    """Return what to tell of a folder without a manifest."""
    if output.is_file():
        return CheckFailedError(f"{output}: is a file, not a folder", _NAME_ONE)
    if not output.is_dir():
        return CheckFailedError(f"{output}: no such folder", _NAME_ONE)
    if not (output / RUNNING).is_dir():
        return CheckFailedError(f"{output}: not the output of a run: it has no {MANIFEST}", _NAME_ONE)
    try:
        refuse_if_held(output)
    except OutputBusyError as error:
        return error
    return CheckFailedError(
        f"{output}: holds a run that was cut off", "run the same command again: finished shards are kept"
    )
