"""Check of an output folder against its manifest: missing, damaged and unknown files."""

import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.store.atomic import raise_write_errors, sha256_of
from forecast_cli.store.contents import list_names
from forecast_cli.store.layout import FORECASTS, LISTED, MANIFEST, RUNNING, SUCCESS, is_foreign
from forecast_cli.store.manifest import FileEntry, Manifest

_READ_TOO: Final = ": readers of the folder would read it too"


@dataclass(frozen=True)
class Damage:
    """One problem with a file of an output folder; ``path`` is relative to the folder.

    ``foreign``: the run did not write the file and does not replace it, so it has to be moved away.
    """

    path: str
    problem: str
    foreign: bool = False


def damaged_files(output: Path, entries: Iterable[FileEntry]) -> Iterator[Damage]:
    """Yield a damage for each of ``entries`` whose file is missing, unreadable or of other size or content."""
    for entry in entries:
        problem = _problem(output / entry.path, entry)
        if problem:
            yield Damage(entry.path, problem)


def refuse_damaged(output: Path, entries: Iterable[FileEntry], hint: str) -> None:
    """Raise CheckFailedError, with ``hint``, for the first of ``entries`` whose file ``damaged_files`` yields."""
    for damage in damaged_files(output, entries):
        raise CheckFailedError(f"{output / damage.path}: {damage.problem}", hint)


def see_check(output: object) -> str:
    """Return the hint that names the command which checks a whole output, given by its path or address."""
    return f"see: forecast-cli check {shlex.quote(str(output))}"


def stray_files(output: Path, manifest: Manifest) -> Iterator[Damage]:
    """Yield a damage for files that the manifest does not list, a wrong ``_SUCCESS``, and remains of a run."""
    known = {entry.path for entry in manifest.files}
    problem = _success_problem(output)
    if problem:
        yield Damage(SUCCESS, problem)
    if (output / RUNNING).exists():
        yield Damage(RUNNING, "left over from a run: run the same command again to remove it")
    try:
        names = sorted(list_names(output))
    except OSError as error:
        yield Damage(Path(error.filename).name, f"its files cannot be listed: {error.strerror}")
        return
    yield from filter(None, (_stray(name, known) for name in names))


def success_content(output: Path) -> bytes:
    """Return the content of ``_SUCCESS``: the manifest's checksum, in the format that ``sha256sum --check`` reads."""
    with raise_write_errors(output / MANIFEST):
        return f"{sha256_of(output / MANIFEST)}  {MANIFEST}\n".encode()


def _stray(name: str, known: Collection[str]) -> Damage | None:
    """Return the damage of a file that is none of the ``known`` ones, None if it does not count as one."""
    among = name.startswith(f"{FORECASTS}/")
    read_too = _READ_TOO if among else ""
    if is_foreign(name):
        return Damage(name, f"not written by a run{read_too}", foreign=True)
    listed = name in LISTED or (among and name.endswith(".parquet"))
    return Damage(name, f"not in the manifest{read_too}", foreign=not among) if listed and name not in known else None


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
