"""Selection of parquet data among the paths below a root, by the same rules for folders and object stores."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from forecast_cli.core.text import counted
from forecast_cli.data.files.chunks import MAGIC
from forecast_cli.data.files.problems import file_finding
from forecast_cli.data.files.text import suggest_parquet
from forecast_cli.data.findings import Action, Finding

_PARQUET_SUFFIXES: Final = (".parquet", ".parq", ".pq")
SUCCESS: Final = "_SUCCESS"
_TEXT_SUFFIXES: Final = (".csv", ".tsv")
#: Files that belong beside parquet data and need no mention.
_COMPANIONS: Final = (".sha256", ".crc", ".md5", "SHA256SUMS")
#: Log files beside the parquet files of table formats, whose log says which data files count.
_LOGS: Final = {
    "Delta Lake": re.compile(r"(?:^|/)_delta_log/"),
    "Hudi": re.compile(r"(?:^|/)\.hoodie/"),
    "Iceberg": re.compile(r"(?:^|/)metadata/[^/]+\.metadata\.json$"),
}
_GLOB_CHARACTERS: Final = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Selection:
    """Paths below a root, with slashes, each group sorted: parquet data, hidden files, other files."""

    data: tuple[str, ...]
    hidden: tuple[str, ...]
    others: tuple[str, ...]


def select_parquet(relatives: Iterable[str], pattern: str = "**") -> Selection:
    """Split the paths that match the glob ``pattern`` into data, hidden and other files.

    A part starting with ``_`` or ``.`` hides everything below it: staging folders of unfinished jobs duplicate rows.
    """
    parts = _parse(pattern)
    data: list[str] = []
    hidden: list[str] = []
    others: list[str] = []
    for relative in sorted(relatives, key=_path_order):
        if not _matches(tuple(relative.split("/")), parts):
            continue
        if is_hidden(relative):
            hidden.append(relative)
        elif relative.lower().endswith(_PARQUET_SUFFIXES):
            data.append(relative)
        else:
            others.append(relative)
    return Selection(tuple(data), tuple(hidden), tuple(others))


def with_unnamed(selection: Selection, are_parquet: Callable[[Sequence[str]], Iterable[bool]]) -> Selection:
    """Move files without suffix to the data if they ``are_parquet``: Hive writes ``000000_0``, Athena a query's id."""
    candidates = [path for path in selection.others if not PurePosixPath(path).suffix]
    unnamed = {path for path, found in zip(candidates, are_parquet(candidates), strict=True) if found}
    data = sorted({*selection.data, *unnamed}, key=_path_order)
    return replace(selection, data=tuple(data), others=tuple(p for p in selection.others if p not in unnamed))


def may_be_parquet(read_start: Callable[[], bytes]) -> bool:
    """Return whether a file begins like parquet; true for one that cannot be read, which is reported when opened."""
    try:
        return read_start() == MAGIC
    except OSError:
        return True


def is_hidden(relative: str) -> bool:
    """Return whether any part of a path starts with ``_`` or ``.``."""
    return any(part.startswith(("_", ".")) for part in relative.split("/"))


def has_glob(path: str) -> bool:
    """Return whether a path contains glob characters."""
    return _GLOB_CHARACTERS.search(path) is not None


def split_glob(path: str) -> tuple[str, str]:
    """Return the folder before the first part with glob characters, and the pattern below it."""
    parts = path.split("/")
    first = next(index for index, part in enumerate(parts) if has_glob(part))
    return "/".join(parts[:first]) or ("/" if path.startswith("/") else "."), "/".join(parts[first:])


def may_match_below(folder: str, pattern: str) -> bool:
    """Return whether the glob ``pattern`` may match a path below a ``folder``, or takes in the whole folder."""
    for part, name in zip(_parse(pattern), folder.split("/"), strict=False):
        if part is None:
            return True
        if part.match(name) is None:
            return False
    return True


def note_ignored(selection: Selection, total: int, prefix: str) -> list[Finding]:
    """Return notes about ignored files below ``prefix``: hidden parquet files, and files that are not parquet."""
    findings = []
    unfinished = [path for path in selection.hidden if path.lower().endswith(_PARQUET_SUFFIXES)]
    strangers = [path for path in selection.others if not path.endswith(_COMPANIONS)]
    if unfinished:
        files = counted(len(unfinished), "parquet file")
        message = f"{prefix}{unfinished[0]}: a path starting with _ or . is ignored ({files})"
        findings.append(file_finding("IN09", Action.NOTE, message, paths=unfinished, total=total))
    if strangers:
        message = f"{prefix}{strangers[0]}: not named like a parquet file, ignored ({counted(len(strangers), 'file')})"
        findings.append(file_finding("IN08", Action.NOTE, message, paths=strangers, total=total))
    return findings


def warn_of_logs(selection: Selection, present: Sequence[str], prefix: str) -> list[Finding]:
    """Return a warning for each table log among the files ``present``, since it decides which data files count.

    Their paths are below ``prefix``.
    """
    findings, data = [], selection.data
    hint = "write the current rows to a folder of parquet with the table's own reader, and give that folder"
    for kind, log in _LOGS.items():
        path = min((path for path in present if _is_log_of(data, path, log)), default=None)
        if path is not None:
            where = f"{prefix}{path}: the log of this {kind} table is not read"
            message = f"{where}: rows it changed or deleted may be included"
            findings.append(file_finding("IN16", Action.WARN, message, hint=hint, paths=data, total=len(data)))
    return findings


def _is_log_of(data: Sequence[str], path: str, log: re.Pattern[str]) -> bool:
    """Return whether a path belongs to the ``log`` of a table in which some of the ``data`` lie."""
    found = log.search(path)
    if found is None:
        return False
    root = f"{path[: found.start()]}/".lstrip("/")
    return any(one.startswith(root) for one in data)


def check_success(selection: Selection, present: Iterable[str], shown: str) -> list[Finding]:
    """Return a rejection, which is retryable, unless the root or every folder with data has a ``_SUCCESS`` file."""
    marked = {_folder(path) for path in present if path.split("/")[-1] == SUCCESS}
    missing = sorted({_folder(path) for path in selection.data} - marked)
    if "" in marked or not missing:
        return []
    where = f"folder '{missing[0]}'" if missing[0] else "the folder"
    message = f"{shown}: no {SUCCESS} file in {where}: the job that writes it may not have finished"
    hint = "wait for the job to finish, or run without --require-success"
    return [replace(file_finding("IN09", Action.REJECT, message, hint=hint, paths=missing), retryable=True)]


def describe_nothing(selection: Selection, prefix: str) -> str:
    """Return the hint for a root without data: expected names, and an ignored path; paths are below ``prefix``."""
    taken = f"only files with these endings are read: *{', *'.join(_PARQUET_SUFFIXES)}"
    seen = [*selection.others, *selection.hidden]
    text = [path for path in selection.others if path.lower().endswith(_TEXT_SUFFIXES)]
    if text:
        return f"{taken}; found {text[0]}: {suggest_parquet(prefix + text[0])}"
    return f"{taken}; found {seen[0]}" if seen else taken


def _path_order(relative: str) -> list[str]:
    """Return the sort key of a path: by folder, so that the files of a folder stay together."""
    return relative.split("/")


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _parse(pattern: str) -> tuple[re.Pattern[str] | None, ...]:
    """Return one regular expression for each part of a glob, None for ``**``."""
    return tuple(None if part == "**" else re.compile(fnmatch.translate(part)) for part in pattern.split("/") if part)


def _matches(names: tuple[str, ...], parts: tuple[re.Pattern[str] | None, ...]) -> bool:
    """Return whether a path, or a folder above it, matches a parsed glob; ``**`` matches any number of folders."""
    if not parts:
        return True
    first, rest = parts[0], parts[1:]
    if first is None:
        return not rest or any(_matches(names[start:], rest) for start in range(len(names)))
    return bool(names) and first.match(names[0]) is not None and _matches(names[1:], rest)
