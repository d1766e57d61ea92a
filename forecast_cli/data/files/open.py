"""Opening of an input: its files are listed and inspected, and their common schema and all findings are returned."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from forecast_cli.config.settings import Settings
from forecast_cli.core.text import counted
from forecast_cli.data.files.blame import find_unreadable
from forecast_cli.data.files.input_list import ListedInput, list_input
from forecast_cli.data.files.inspect import InspectedFile, Verified, inspect_file
from forecast_cli.data.files.listing import Listing
from forecast_cli.data.files.problems import Problem, file_finding, is_fatal, summarize_problems
from forecast_cli.data.files.quarantine import Quarantine, mark_accounts
from forecast_cli.data.files.storage import AT_ONCE, Storage
from forecast_cli.data.findings import Action, Finding, rejects
from forecast_cli.data.schema.file_columns import FileColumns
from forecast_cli.data.schema.resolve import resolve_schema
from forecast_cli.data.source import InputFile, Source


def open_source(path: str, settings: Settings, *, read_through: bool = True, threads: int = AT_ONCE) -> Source:
    """List and check the files of ``path``: a parquet file, a folder, a glob, or an object store's address.

    Nothing is raised for a bad input: ``Source.findings`` lists everything that is wrong, and
    ``findings.raise_rejection`` turns rejections into an error. A rejected source cannot be scanned. With
    ``read_through`` every page is decoded, to find the files that cannot be read. Local files are inspected in up to
    ``threads`` threads; objects of a store always in several, because inspecting them is mostly waiting.
    """
    return check_files(list_input(path, settings), settings, read_through=read_through, threads=threads)


def check_files(
    listed: ListedInput, settings: Settings, *, read_through: bool = True, threads: int = AT_ONCE
) -> Source:
    """Inspect the listed files and return them as a source, with all findings; see ``open_source``."""
    listing = listed.listing
    threads = min(threads, AT_ONCE) if listed.access is None else AT_ONCE
    inspected = _inspect_all(listing, settings.named_columns, listed.storage, threads=threads)
    problems = [item for item in inspected if isinstance(item, Problem)]
    good, repeated = _drop_repeated([item for item in inspected if isinstance(item, InspectedFile)])
    source = _source(good, listed, settings)
    if read_through and good and not rejects(source.findings):
        unreadable_through = find_unreadable(source, settings)
        bad = {problem.path for problem in unreadable_through}
        problems += unreadable_through
        source = _source([one for one in good if one.file.path not in bad], listed, settings)
    left_out = _leave_out(problems, listed, settings)
    unusable = summarize_problems(left_out.problems, settings.on_bad_file, total=len(listing.files))
    findings = [*listing.findings, *unusable, *repeated, *source.findings]
    findings += _check_rows(source, rejected=rejects(findings))
    return replace(source, findings=tuple(findings), quarantined_ids=left_out.ids)


def _inspect_all(
    listing: Listing, columns: tuple[str, ...], storage: Storage, *, threads: int
) -> list[InspectedFile | Problem]:
    """Inspect every file, ``threads`` at a time, and return the results in the order of the files."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(lambda file: inspect_file(file, columns, storage), listing.files))


def _source(files: Sequence[InspectedFile], listed: ListedInput, settings: Settings) -> Source:
    """Return the source of ``files``, with the findings of their schema, which files without rows do not affect."""
    with_rows = [one for one in files if one.file.rows] or files
    schema = resolve_schema([_columns_of(one) for one in with_rows], settings)
    return Source(
        root=listed.listing.root,
        files=tuple(one.file for one in files),
        id_dtype=schema.id_dtype,
        timezone=schema.timezone,
        verified=_common_check(files),
        findings=schema.findings,
        access=listed.access,
    )


def _leave_out(problems: Sequence[Problem], listed: ListedInput, settings: Settings) -> Quarantine:
    """Mark the accounts of files that are left out; problems that reject the run stay as they are."""
    if len(listed.listing.files) == 1:  # nothing would be left without it
        problems = [problem.without_choice(fatal=True) for problem in problems]
    fatal = [problem for problem in problems if is_fatal(problem, settings.on_bad_file)]
    rest = [problem for problem in problems if not is_fatal(problem, settings.on_bad_file)]
    files = {file.path: file for file in listed.listing.files}
    marked = mark_accounts(rest, files, id_col=settings.id_col, storage=listed.storage)
    return replace(marked, problems=(*fatal, *marked.problems))


def _check_rows(source: Source, *, rejected: bool) -> list[Finding]:
    """Return a rejection of an input without rows, unless it is ``rejected`` already, or a note of empty files."""
    empty = [file.path for file in source.files if not file.rows]
    if source.rows == 0:
        none = "has no rows" if len(empty) == 1 else "none of its files has rows"
        message = f"{source.root}: {none if empty else 'all of its files are left out'}"
        found = file_finding("IN06", Action.REJECT, message, hint="deliver files with rows", paths=empty)
        return [] if rejected else [found]
    if not empty:
        return []
    message = f"{empty[0]}: has no rows ({len(empty)} of {len(source.files)} files)"
    return [file_finding("IN06", Action.NOTE, message, paths=empty, total=len(source.files))]


def _columns_of(inspected: InspectedFile) -> FileColumns:
    file = inspected.file
    return FileColumns(file.path, inspected.names, dict(file.columns), dict(file.hive))


def _common_check(files: Sequence[InspectedFile]) -> str:
    """Return the strongest check that all files support and have passed."""
    for way in (Verified.CRC, Verified.SHA256):
        if files and all(way in file.verified for file in files):
            return way.value
    return Verified.NONE.value


def _drop_repeated(files: Sequence[InspectedFile]) -> tuple[list[InspectedFile], list[Finding]]:
    """Keep the first of the files with the same content, and return a finding about the others.

    Equal files below different hive folders are both kept, and so are files without rows.
    """
    first: dict[object, InspectedFile] = {}
    repeated: list[tuple[InspectedFile, InspectedFile]] = []
    for one in files:
        original = first.setdefault(_content(one.file), one)
        if original is not one:
            repeated.append((one, original))
    if not repeated:
        return list(files), []
    copy, original = repeated[0]
    left_out = f"left out ({counted(len(repeated), 'file')})"
    message = f"{copy.file.path}: has the same content as {original.file.path}, {left_out}"
    paths = [one.file.path for one, _ in repeated]
    return list(first.values()), [file_finding("IN11", Action.REPAIR, message, paths=paths, total=len(files))]


def _content(file: InputFile) -> object:
    return (file.sha256, file.hive) if file.rows else file.path
