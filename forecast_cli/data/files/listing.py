"""Listing of local input: which files of a path are parquet data, in a fixed order; folder links are not followed."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from forecast_cli.core.text import closest, counted
from forecast_cli.data.files.addresses import WRITE_HOME, is_unexpanded
from forecast_cli.data.files.chunks import MAGIC
from forecast_cli.data.files.hive import hive_keys, trailing_hive_keys
from forecast_cli.data.files.problems import file_finding
from forecast_cli.data.files.selection import (
    Selection,
    check_success,
    describe_nothing,
    has_glob,
    is_hidden,
    may_be_parquet,
    may_match_below,
    note_ignored,
    select_parquet,
    split_glob,
    warn_of_logs,
    with_unnamed,
)
from forecast_cli.data.files.sidecar import SUFFIX, SUMS, is_sidecar
from forecast_cli.data.findings import Action, Finding

#: Least similarity of two file names without their endings: one that is less alike is hardly the file that was meant.
_ALIKE: Final = 0.75
_SPECIAL: Final = "a pipe, a socket or a device"


@dataclass(frozen=True)
class ListedFile:
    """A parquet file, the hive folders above it, and its sha256 according to a sidecar file, if there is one."""

    path: str
    hive: tuple[tuple[str, str], ...] = ()
    expected_sha256: str | None = None


@dataclass(frozen=True)
class Listing:
    """The parquet files of one input, in a fixed order, and the findings about them.

    ``sidecars`` are the paths of checksum files beside them.
    """

    root: str
    files: tuple[ListedFile, ...]
    findings: tuple[Finding, ...] = ()
    sidecars: tuple[str, ...] = ()


def list_local(path: str, *, require_success: bool = False) -> Listing:
    """List the parquet files of a file, a folder, or else of a glob. Raises OSError."""
    if is_unexpanded(Path(path)):
        return reject_nothing(path, "the shell did not replace ~ by the home folder", WRITE_HOME)
    if Path(path).is_dir():
        return _list_folder(path, "**", shown=path, require_success=require_success)
    if _is_special(Path(path)):
        return reject_nothing(path, f"is {_SPECIAL}", "write what it gives to a parquet file, and name that")
    if os.path.lexists(path):
        beside = (f"{path}{SUFFIX}", str(Path(path).parent / SUMS))
        file = ListedFile(path, trailing_hive_keys(Path(path).parent.parts))
        return Listing(path, (file,), sidecars=tuple(name for name in beside if Path(name).exists()))
    if has_glob(path):
        folder, pattern = split_glob(path)
        if Path(folder).is_dir():
            return _list_folder(folder, pattern, shown=path, require_success=require_success)
    return reject_nothing(path, "no such file or folder", _close_name(Path(path)))


def list_below(folder: str, selection: Selection, *, shown: str, present: Sequence[str]) -> Listing:
    """Return the data of ``selection`` as a listing, or a rejection if there is none.

    Its paths, and those of all files ``present``, are relative to ``folder``.
    """
    prefix = folder if folder.endswith("/") else f"{folder}/"
    if not selection.data:
        return reject_nothing(shown, _nothing_at(shown), describe_nothing(selection, prefix))
    above = trailing_hive_keys(Path(folder).parts)
    files = tuple(ListedFile(prefix + path, above + hive_keys(path.split("/")[:-1])) for path in selection.data)
    sidecars = tuple(prefix + path for path in present if is_sidecar(path) and not is_hidden(path))
    findings = (*warn_of_logs(selection, present, prefix), *note_ignored(selection, len(files), prefix))
    return Listing(shown, files, findings, sidecars)


def _nothing_at(shown: str) -> str:
    return "no parquet file matches it" if has_glob(shown) and not Path(shown).exists() else "no parquet file in it"


def reject_nothing(root: str, what: str, hint: str | None) -> Listing:
    """Return an empty listing that rejects the run: ``what`` is wrong with ``root``."""
    return Listing(root, (), (file_finding("IN07", Action.REJECT, f"{root}: {what}", hint=hint),))


def _list_folder(folder: str, pattern: str, *, shown: str, require_success: bool) -> Listing:
    present, links, special = _walk(Path(folder))
    selection = with_unnamed(select_parquet(present, pattern), partial(_are_parquet, folder))
    listing = list_below(folder, selection, shown=shown, present=present)
    within = [link for link in links if may_match_below(link, pattern)]
    findings = [*listing.findings, *_warn_links(folder, within), *_note_special(folder, special, pattern)]
    if require_success and selection.data:
        findings += check_success(selection, present, shown)
    return replace(listing, findings=tuple(findings))


def _walk(folder: Path) -> tuple[list[str], list[str], list[str]]:
    """Return all files below ``folder``, relative, with slashes, the links to folders, and the special files.

    Links to folders are not followed.
    """
    files: list[str] = []
    links: list[str] = []
    special: list[str] = []
    for current, names, leaves in os.walk(folder, onerror=_raise):
        below = Path(current).relative_to(folder)
        links += [(below / name).as_posix() for name in names if (Path(current) / name).is_symlink()]
        for name in leaves:
            (special if _is_special(Path(current) / name) else files).append((below / name).as_posix())
    return files, sorted(links), special


def _is_special(path: Path) -> bool:
    """Return whether a path is a pipe, a socket or a device, on which a reader would block."""
    try:
        mode = path.stat().st_mode
    except OSError:  # reported when the file is inspected
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _raise(error: OSError) -> None:
    raise error


def _warn_links(folder: str, links: list[str]) -> list[Finding]:
    visible = [link for link in links if not is_hidden(link)]
    if not visible:
        return []
    message = f"{Path(folder) / visible[0]}: links to folders are not followed ({counted(len(visible), 'link')})"
    hint = "to include its rows, give the folder that it points to"
    return [file_finding("IN10", Action.WARN, message, hint=hint, paths=visible)]


def _note_special(folder: str, paths: Sequence[str], pattern: str) -> list[Finding]:
    found = select_parquet(paths, pattern)
    visible = [*found.data, *found.others]
    if not visible:
        return []
    message = f"{Path(folder) / visible[0]}: {_SPECIAL}, ignored ({counted(len(visible), 'file')})"
    return [file_finding("IN08", Action.NOTE, message, paths=visible)]


def _are_parquet(folder: str, paths: Sequence[str]) -> list[bool]:
    return [may_be_parquet(partial(_read_start, Path(folder, path))) for path in paths]


def _read_start(path: Path) -> bytes:
    """Return the first bytes of a file, as many as the parquet magic; none if it is no regular file. Raises OSError."""
    if not path.is_file():
        return b""
    with path.open("rb") as file:
        return file.read(len(MAGIC))


def _close_name(path: Path) -> str:
    names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    alike = [name for name in names if closest(path.stem, [Path(name).stem], cutoff=_ALIKE)]
    close = closest(path.name, alike)
    return f"did you mean {path.parent / close}?" if close else "give a file, a folder or a glob of parquet files"
