"""Checks for missing columns, with the column the user may have meant."""

import shlex
from collections.abc import Collection, Mapping, Sequence

from forecast_cli.core.text import closest
from forecast_cli.data.files.hive import is_day
from forecast_cli.data.files.problems import file_finding
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.schema.file_columns import FileColumns
from forecast_cli.data.schema.roles import Role

_NAMES_SHOWN = 12


def check_columns(files: Sequence[FileColumns], roles: Sequence[Role]) -> list[Finding]:
    """Return a rejection for all columns that the same files lack, and one for a column of folders that name no day.

    A column that has a role is not suggested as the one that was meant for another.
    """
    lacking: dict[tuple[str, ...], list[Role]] = {}
    for role in roles:
        lacking.setdefault(tuple(file.path for file in files if file.dtype(role) is None), []).append(role)
    there = lacking.pop((), [])
    taken = {role.column for role in roles}
    return [
        *(_missing(files, missing, paths=paths, taken=taken) for paths, missing in lacking.items()),
        *(finding for role in there for finding in _check_days(files, role)),
    ]


def _missing(
    files: Sequence[FileColumns], roles: Sequence[Role], *, paths: Sequence[str], taken: Collection[str]
) -> Finding:
    lacking = set(paths)
    first = next(file for file in files if file.path in lacking)
    having = next((file for file in files if file.path not in lacking), None)
    columns = ("columns " if len(roles) > 1 else "column ") + ", ".join(f"'{role.column}'" for role in roles)
    there = f"; {having.path} has {'them' if len(roles) > 1 else 'it'}" if having else ""
    more = f" ({len(paths)} of {len(files)} files)" if len(files) > 1 else ""
    names = [*first.names, *first.hive]
    message = f"{first.path}: no {columns}{more}{there}; found {_list_columns(names)}"
    hint = _hint(_suggest_columns(roles, [name for name in names if name not in taken]), having)
    return file_finding("SC01", Action.REJECT, message, hint=hint, paths=paths, total=len(files))


def _suggest_columns(roles: Sequence[Role], names: Sequence[str]) -> dict[Role, str | None]:
    """Return for each role the column that may be meant, never the same one for two."""
    meant: dict[Role, str | None] = {}
    for role in roles:
        meant[role] = closest(role.column, [name for name in names if name not in meant.values()])
    return meant


def _hint(meant: Mapping[Role, str | None], having: FileColumns | None) -> str:
    guesses = [f"'{guess}'" for guess in meant.values() if guess]
    asked = f"did you mean {' and '.join(guesses)}? " if guesses else ""
    if having:
        columns = " and ".join(f"'{role.column}'" for role in meant)
        write = "Write" if asked else "write"
        return f"{asked}{write} all files with the same columns, or give only those that have {columns}"
    if len(meant) > 1:
        options = " ".join(
            f"{role.option} {shlex.quote(guess) if guess else 'COLUMN'}" for role, guess in meant.items()
        )
        return f"{asked}Name them with {options}" if asked else f"name the columns with {options}"
    [(role, guess)] = meant.items()
    return f"{asked}Name it with {role.option} {shlex.quote(guess)}" if guess else f"name the column with {role.option}"


def _list_columns(names: Sequence[str]) -> str:
    if not names:
        return "no columns at all"
    rest = len(names) - _NAMES_SHOWN
    return ", ".join(f"'{name}'" for name in names[:_NAMES_SHOWN]) + (f" and {rest} more" if rest > 0 else "")


def _check_days(files: Sequence[FileColumns], role: Role) -> list[Finding]:
    if role.name != "date":
        return []
    wrong = [file for file in files if role.column not in file.dtypes and not is_day(file.hive[role.column])]
    if not wrong:
        return []
    value = wrong[0].hive[role.column]
    message = f"{wrong[0].path}: folder '{role.column}={value}' is not a day, expected {role.column}=2026-01-31"
    hint = f"name the folders after days, or name another column with {role.option}"
    paths = [file.path for file in wrong]
    return [file_finding("SC13", Action.REJECT, message, hint=hint, paths=paths, total=len(files))]
