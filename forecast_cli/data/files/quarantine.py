"""Quarantined files: which accounts have rows in them, as far as that can be determined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow.parquet as pq

from forecast_cli.core.ledger import Flag
from forecast_cli.core.text import counted
from forecast_cli.data.files.hive import NULL_PARTITION
from forecast_cli.data.files.listing import ListedFile
from forecast_cli.data.files.problems import Problem
from forecast_cli.data.files.storage import Storage
from forecast_cli.data.read_errors import read_errors


@dataclass(frozen=True)
class Quarantine:
    """The problems of quarantined files, whose messages name the accounts affected, and all their ids, as text."""

    problems: tuple[Problem, ...]
    ids: tuple[str, ...]


def mark_accounts(
    problems: Sequence[Problem], listed: Mapping[str, ListedFile], *, id_col: str, storage: Storage
) -> Quarantine:
    """Find the accounts in the files of ``problems``, from the id column, else from the hive folder."""
    marked: list[Problem] = []
    ids: set[str] = set()
    for problem in problems:
        found = _account_ids(listed[problem.path], id_col, storage)
        ids |= found or set()
        what = f"{problem.what}; left out, {_describe_accounts(found)}"
        marked.append(replace(problem.without_choice(fatal=False), what=what))
    return Quarantine(tuple(marked), tuple(sorted(ids)))


def _describe_accounts(found: set[str] | None) -> str:
    if found is None:
        return "accounts that are only in this file are unknown"
    return f"its {counted(len(found), 'account')} flagged {Flag.FILE_QUARANTINED}"


def _account_ids(listed: ListedFile, id_col: str, storage: Storage) -> set[str] | None:
    """Return the account ids of one file as text, None if they cannot be determined."""
    try:
        with storage.open(listed.path) as file:
            parquet = pq.ParquetFile(file, page_checksum_verification=True)
            if id_col in parquet.schema_arrow.names:
                column = parquet.read([id_col]).column(0)
                return {str(value) for value in column.unique().to_pylist() if value is not None}
    except read_errors():
        pass
    folder = dict(listed.hive).get(id_col)
    return None if folder is None else {folder} - {NULL_PARTITION}
