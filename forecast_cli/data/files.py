"""Open an input: list its files, look into each, agree on one schema, and say all that was found."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from forecast_cli.config.settings import Settings
from forecast_cli.data.file_columns import FileColumns
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.inspect import InspectedFile, inspect_file, unreadable
from forecast_cli.data.listing import Listing, list_local
from forecast_cli.data.problems import Problem, find, summarize_problems
from forecast_cli.data.scan import named_columns
from forecast_cli.data.schema import resolve_schema
from forecast_cli.data.source import InputFile, Source
from forecast_cli.data.storage import LocalStorage, Storage
from forecast_cli.data.verify import Verified


def open_source(path: str, settings: Settings) -> Source:
    """List and check the files of ``path``: a parquet file, a folder, a glob, or an object store's address.

    What is wrong is in ``Source.findings``, all of it as far as possible; a source with a rejection is not to be
    scanned. ``findings.raise_rejection`` turns them into an error.
    """
    listing = _list(path, settings)
    storage = LocalStorage()
    return _open(listing, settings, storage)


def _list(path: str, settings: Settings) -> Listing:
    try:
        return list_local(path, require_success=settings.require_success)
    except OSError as error:
        problem = unreadable(str(error.filename or path), error)
        finding = find(problem.rule, Action.REJECT, problem.message, hint=problem.hint, paths=[problem.path])
        return Listing(path, (), (finding,))


def _open(listing: Listing, settings: Settings, storage: Storage) -> Source:
    looked = _inspect_all(listing, named_columns(settings), storage)
    bad = [item for item in looked if isinstance(item, Problem)]
    good, repeated = _drop_repeated([item for item in looked if isinstance(item, InspectedFile)])
    findings = [*listing.findings, *summarize_problems(bad, settings.on_bad_file, total=len(looked)), *repeated]
    schema = resolve_schema([_columns_of(file) for file in good], settings)
    return Source(
        root=listing.root,
        files=tuple(_input_file(file) for file in good),
        id_dtype=schema.id_dtype,
        day_dtype=schema.day_dtype,
        timezone=schema.timezone,
        verified=_weakest(good),
        findings=(*findings, *schema.findings),
    )


def _inspect_all(listing: Listing, columns: tuple[str, ...], storage: Storage) -> list[InspectedFile | Problem]:
    """Look into every file, several at a time; the answers come in the order of the list."""
    with ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda file: inspect_file(file, columns, storage), listing.files))


def _drop_repeated(files: Sequence[InspectedFile]) -> tuple[list[InspectedFile], list[Finding]]:
    """Keep the first of files with the same content. The same rows in folders of two days are not the same file."""
    first: dict[object, InspectedFile] = {}
    repeated: list[InspectedFile] = []
    for file in files:
        key = (file.sha256, file.listed.hive) if file.rows else file.listed.path
        if first.setdefault(key, file) is not file:
            repeated.append(file)
    if not repeated:
        return list(files), []
    original = first[(repeated[0].sha256, repeated[0].listed.hive)]
    message = f"{repeated[0].listed.path}: the same content as {original.listed.path}, left out ({len(repeated)} files)"
    paths = [file.listed.path for file in repeated]
    return list(first.values()), [find("IN11", Action.REPAIR, message, paths=paths, total=len(files))]


def _columns_of(file: InspectedFile) -> FileColumns:
    return FileColumns(file.listed.path, file.names, dict(file.dtypes), dict(file.listed.hive))


def _input_file(file: InspectedFile) -> InputFile:
    return InputFile(
        path=file.listed.path,
        size=file.stat.size,
        mtime_ns=file.stat.mtime_ns,
        sha256=file.sha256,
        rows=file.rows,
        hive=file.listed.hive,
        columns=file.dtypes,
    )


def _weakest(files: Sequence[InspectedFile]) -> str:
    """Return the check that every file carries and passes."""
    for way in (Verified.CRC, Verified.SHA256):
        if files and all(way in file.verified for file in files):
            return way.value
    return Verified.NONE.value
