"""Check of an output folder against its manifest: missing, damaged and unknown files."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.store.atomic import raise_write_errors, sha256_of
from forecast_cli.store.layout import FORECASTS, LISTED, MANIFEST, RUNNING, SUCCESS, is_foreign
from forecast_cli.store.manifest import FileEntry, Manifest

#: Problems of files that the run did not write.
FOREIGN: Final = "not written by a run"
UNLISTED: Final = "not in the manifest"


def damaged_files(output: Path, entries: Iterable[FileEntry]) -> Iterator[tuple[str, str]]:
    """Yield (path, problem) for each of ``entries`` whose file is missing, unreadable or of other size or content."""
    for entry in entries:
        problem = _problem(output / entry.path, entry)
        if problem:
            yield entry.path, problem


def refuse_damaged(output: Path, entries: Iterable[FileEntry], hint: str) -> None:
    """Raise CheckFailedError, with ``hint``, for the first of ``entries`` whose file ``damaged_files`` yields."""
    for path, problem in damaged_files(output, entries):
        raise CheckFailedError(f"{output / path}: {problem}", hint)


def see_check(output: object) -> str:
    """Return the hint that names the command which checks a whole output, given by its path or address."""
    return f"see: forecast-cli check {shlex.quote(str(output))}"


def stray_files(output: Path, manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Yield (path, problem) for files that the manifest does not list, a wrong ``_SUCCESS``, and remains of a run."""
    known = {entry.path for entry in manifest.files}
    problem = _success_problem(output)
    if problem:
        yield SUCCESS, problem
    if (output / RUNNING).exists():
        yield RUNNING, "left over from a run: run the same command again to remove it"
    try:
        parts = sorted((output / FORECASTS).iterdir()) if (output / FORECASTS).is_dir() else []
        tops = sorted(output.iterdir())
    except OSError as error:
        yield Path(error.filename).name, f"its files cannot be listed: {error.strerror}"
        return
    for path in parts:
        name = f"{FORECASTS}/{path.name}"
        hidden = path.name.startswith(".") and path.suffix != ".parquet"
        if not hidden and name not in known:
            yield name, f"{FOREIGN if is_foreign(name) else UNLISTED}: readers of the folder would read it too"
    for path in tops:
        if is_foreign(path.name):
            yield path.name, FOREIGN
        elif path.name in LISTED - known:
            yield path.name, UNLISTED


def success_content(output: Path) -> bytes:
    """Return the content of ``_SUCCESS``: the manifest's checksum, in the format that ``sha256sum --check`` reads."""
    with raise_write_errors(output / MANIFEST):
        return f"{sha256_of(output / MANIFEST)}  {MANIFEST}\n".encode()


def _success_problem(output: Path) -> str | None:
    try:
        content = (output / SUCCESS).read_bytes()
    except FileNotFoundError:
        return "missing: readers that wait for it will not start"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if content != success_content(output):
        return f"does not hold the checksum of {MANIFEST}: one of the two is damaged"
    return None


def _problem(path: Path, entry: FileEntry) -> str | None:
    try:
        size = path.stat().st_size
        if size != entry.bytes:
            return f"{size} bytes, the manifest says {entry.bytes}"
        if sha256_of(path) != entry.sha256:
            return "content differs from what was written (sha256)"
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return None
