"""Manifest of a run: what it read, used and wrote. It is written last, and readers rely on it."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, ValidationError

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.core.redact import redact

FORMAT: Final = 1


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


def parse_manifest(content: bytes, *, where: str) -> Manifest:
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
