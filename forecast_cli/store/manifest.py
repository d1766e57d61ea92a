"""Manifest of a run: what it read, used and wrote. It is written last, and readers rely on it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from forecast_cli.core.errors import CheckFailedError, ForecastCliError, OutputBusyError, OutputConflictError
from forecast_cli.core.redact import redact
from forecast_cli.store.contents import Contents, FolderContents
from forecast_cli.store.layout import MANIFEST, RUNNING
from forecast_cli.store.lock import refuse_if_held

FORMAT: Final = 1
#: Hint if there is no run, the same for all commands.
FIND_RUN: Final = (
    "name the output of a run; to find one, list the folder of your outputs: forecast-cli runs list FOLDER"
)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Frozen):
    """A file: of the input, as it was read, or of the output, with ``path`` relative to it."""

    path: str
    rows: int
    bytes: int
    sha256: str


class InputRecord(_Frozen):
    """The input as it was read."""

    root: str
    files: tuple[FileEntry, ...]
    rows: int
    accounts: int
    origin: str | None
    verified: str


class FindingRecord(_Frozen):
    """A rule of the data contract that applied to the input."""

    rule: str
    title: str
    action: str
    unit: str
    count: int
    message: str


class Manifest(_Frozen):
    """Manifest of a finished run.

    ``fingerprint`` is a hash of input, settings and versions; runs with the same one have the same forecasts.
    ``seconds`` is the wall time of the run that finished it, ``cpu_seconds`` the processor time of its shards alone.
    """

    format: int = FORMAT
    command: str
    fingerprint: str
    versions: dict[str, str]
    settings: dict[str, Any]
    seed: int
    input: InputRecord
    accounts: dict[str, int]
    forecast_rows: int
    shards: int
    files: tuple[FileEntry, ...]
    findings: tuple[FindingRecord, ...]
    finished_at: str
    seconds: float
    cpu_seconds: float

    @property
    def recency(self) -> tuple[str, str]:
        """Return the sort key of runs from old to new: the day of the run, then the time it ended.

        The day is the origin or, without one, the day on which the run ended.
        """
        return self.input.origin or self.finished_at[:10], self.finished_at


def manifest_content(manifest: Manifest) -> bytes:
    """Return the content of the manifest file, with secrets removed."""
    return redact(manifest.model_dump_json(indent=2)).encode() + b"\n"


def find_manifest(contents: Contents) -> Manifest | None:
    """Return the manifest of an output, None if it has none.

    Raises CheckFailedError if the file cannot be read, is damaged, or is of another format.
    """
    path = f"{contents}/{MANIFEST}"
    try:
        content = contents.read(MANIFEST)
    except OSError as error:
        raise CheckFailedError(f"{path}: cannot be read: {error.strerror}", "fix its permissions") from None
    return None if content is None else _parse_manifest(content, where=path)


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


def _parse_manifest(content: bytes, *, where: str) -> Manifest:
    """Return the manifest in ``content``; raise CheckFailedError if it is damaged or of another format."""
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise CheckFailedError(
            f"{where}: this version cannot read the manifest: {place}: {first['msg']}",
            "run the command that wrote it again, with --force",
        ) from None


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
