"""The common schema of all files: which columns exist, with which types, and which types the rows get."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.data.findings import Finding, rejects
from forecast_cli.data.schema.file_columns import FileColumns, types_of
from forecast_cli.data.schema.missing import check_columns
from forecast_cli.data.schema.roles import roles_of
from forecast_cli.data.schema.type_checks import check_types, common_id
from forecast_cli.data.schema.zones import choose_zone


@dataclass(frozen=True)
class Schema:
    """The types that all files agree on; ``id_dtype`` is Null if a finding rejects the run."""

    id_dtype: pl.DataType
    timezone: str | None
    findings: tuple[Finding, ...]


def resolve_schema(files: Sequence[FileColumns], settings: Settings) -> Schema:
    """Return the common schema of ``files``, with a finding for each obstacle that can be detected."""
    if not files:
        return Schema(pl.Null(), None, ())
    roles = roles_of(settings)
    types = {role.name: types_of(files, role) for role in roles}
    findings = check_columns(files, roles)
    complete = [role for role in roles if all(file.dtype(role) is not None for file in files)]
    findings += [finding for role in complete for finding in check_types(types[role.name], role)]
    zone = choose_zone(types["date"], settings.timezone, settings.date_col)
    findings += zone.findings
    if rejects(findings):
        return Schema(pl.Null(), None, tuple(findings))
    return Schema(common_id(types["id"]), zone.timezone, tuple(findings))
