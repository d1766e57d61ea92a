"""Checks for missing columns, with the column the user may have meant."""

from collections.abc import Collection, Sequence

from forecast_cli.core.text import closest
from forecast_cli.data.files.hive import is_day
from forecast_cli.data.files.problems import find
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.schema.file_columns import FileColumns
from forecast_cli.data.schema.roles import Role

_NAMES_SHOWN = 12


def check_column(files: Sequence[FileColumns], role: Role, *, taken: Collection[str] = ()) -> list[Finding]:
    """Return a rejection if a file lacks the column of ``role``, or has it as a folder whose value is no day.

    Columns ``taken`` by other roles are not suggested as the column that was meant.
    """
    without = [file for file in files if file.dtype(role) is None]
    if without:
        having = next((file for file in files if file.dtype(role) is not None), None)
        meant = closest(role.column, [name for name in (*without[0].names, *without[0].hive) if name not in taken])
        return [_missing(without, role, having=having, total=len(files), meant=meant)]
    return _check_days(files, role)


def _missing(
    without: Sequence[FileColumns], role: Role, *, having: FileColumns | None, total: int, meant: str | None
) -> Finding:
    first = without[0]
    there = f"; {having.path} has it" if having else ""
    more = f" ({len(without)} of {total} files)" if total > 1 else ""
    message = f"{first.path}: no column '{role.column}'{more}{there}; found {_shown([*first.names, *first.hive])}"
    hint = _hint(role, meant, having)
    return find("SC01", Action.REJECT, message, hint=hint, paths=[file.path for file in without], total=total)


def _hint(role: Role, meant: str | None, having: FileColumns | None) -> str:
    asked = f"did you mean '{meant}'? " if meant else ""
    if having:
        return f"{asked}Write all files with the same columns, or give only those that have '{role.column}'"
    if meant:
        return f"{asked}Name it with {role.option} {meant}"
    return f"name the column with {role.option}"


def _shown(names: Sequence[str]) -> str:
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
    message = f"{wrong[0].path}: folder '{role.column}={value}' names no day, expected {role.column}=2026-01-31"
    hint = f"name the folders by days, or name another column with {role.option}"
    return [find("SC13", Action.REJECT, message, hint=hint, paths=[file.path for file in wrong], total=len(files))]
