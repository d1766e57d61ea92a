"""Roles of the columns that the settings name, and the types each role accepts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, TypeGuard, assert_never

import polars as pl

from forecast_cli.config.settings import Settings

RoleName = Literal["id", "date", "balance", "currency"]


class Kind(StrEnum):
    """Kinds of column types. Types of different kinds cannot be converted into each other without loss."""

    NULL = "null"  # a column without any value: compatible with every other kind
    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    DAY = "day"
    NAIVE = "timestamp"
    AWARE = "timestamp with a timezone"
    OTHER = "other"


@dataclass(frozen=True)
class Role:
    """The role of a column that the settings name."""

    name: RoleName
    column: str

    @property
    def option(self) -> str:
        """Return the option that names the column."""
        return f"--{self.name}-col"


ACCEPTED: Final[dict[RoleName, frozenset[Kind]]] = {
    "id": frozenset({Kind.TEXT, Kind.WHOLE}),
    "date": frozenset({Kind.NULL, Kind.DAY, Kind.NAIVE, Kind.AWARE}),
    "balance": frozenset({Kind.NULL, Kind.NUMBER}),
    "currency": frozenset({Kind.NULL, Kind.TEXT}),
}
#: Types that each role accepts, in words.
EXPECTED: Final[dict[RoleName, str]] = {
    "id": "text or a whole number",
    "date": "a date or a timestamp",
    "balance": "a number",
    "currency": "text",
}

#: Most digits of decimals that polars reads.
WIDEST_DECIMAL: Final = 38


def roles_of(settings: Settings) -> tuple[Role, ...]:
    """Return the roles of the columns that ``settings`` name."""
    roles = (Role("id", settings.id_col), Role("date", settings.date_col), Role("balance", settings.balance_col))
    return roles if settings.currency_col is None else (*roles, Role("currency", settings.currency_col))


def kind_of(role: RoleName, dtype: pl.DataType) -> Kind:
    """Return the kind of a column's type, as far as its role distinguishes kinds."""
    kind = _kind(dtype)
    return Kind.NUMBER if role == "balance" and kind is Kind.WHOLE else kind


def cast_hint(role: Role, dtype: pl.DataType) -> str:
    """Return a hint that says how to cast a column of the wrong type ``dtype``, or to name another column.

    No cast is suggested where it would fail, or make amounts or days of values that are none.
    """
    another = f"name another column with {role.option}"
    column = f'pl.col("{role.column}")'
    if role.name == "id" and has_fractions(dtype):
        return (
            f"if they are whole numbers, cast them with {column}.cast(pl.Int64); write other ids as "
            f"text where they come from, or {another}"
        )
    if is_too_wide(dtype):
        fewer = f'table.column("{role.column}").cast(pa.decimal128({WIDEST_DECIMAL}, {dtype.scale}))'
        return f"write it with at most {WIDEST_DECIMAL} digits, in pyarrow: {fewer}, or {another}"
    if isinstance(dtype, pl.Struct) and dtype.fields:
        return f'take one of its fields, e.g. {column}.struct.field("{dtype.fields[0].name}"), or {another}'
    if not _can_cast(role.name, dtype):
        return another
    example = {
        "id": f"{column}.cast(pl.String)",
        "date": f"{column}{_to_day(dtype)}",
        "balance": f"{column}.cast(pl.Decimal(18, 2))",
        "currency": f"{column}.cast(pl.String)",
    }[role.name]
    if role.name == "id" and dtype == pl.Binary:
        example += f', or UUIDs and other bytes that are no text with {column}.bin.encode("hex")'
    return f"cast it, e.g. {example}, or {another}"


def _can_cast(role: RoleName, dtype: pl.DataType) -> bool:
    kind = _kind(dtype)
    match role:
        case "balance":
            return kind in (Kind.TEXT, Kind.WHOLE, Kind.NUMBER)
        case "date":
            return kind in (Kind.TEXT, Kind.DAY, Kind.NAIVE, Kind.AWARE) or dtype.is_integer()
        case "id" | "currency":
            return kind not in (Kind.NULL, Kind.OTHER) or dtype == pl.Binary
        case _:
            assert_never(role)


def is_too_wide(dtype: pl.DataType) -> TypeGuard[pl.Decimal]:
    """Return whether numbers of this type have more digits than polars reads."""
    return isinstance(dtype, pl.Decimal) and dtype.precision > WIDEST_DECIMAL


def has_fractions(dtype: pl.DataType) -> bool:
    """Return whether numbers of this type may have decimals, so that 7 as text is ``7.0``."""
    return dtype.is_float() or (isinstance(dtype, pl.Decimal) and dtype.scale > 0)


def _to_day(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return '.cast(pl.String).str.to_date("%Y%m%d")'
    return ".dt.date()" if isinstance(dtype, pl.Datetime) else ".str.to_date()"


def _kind(dtype: pl.DataType) -> Kind:
    match dtype:
        case pl.Null():
            return Kind.NULL
        case pl.String() | pl.Categorical() | pl.Enum():
            return Kind.TEXT
        case pl.Date():
            return Kind.DAY
        case pl.Datetime():
            return Kind.NAIVE if dtype.time_zone is None else Kind.AWARE
        case pl.Decimal() if is_too_wide(dtype):
            return Kind.OTHER
        case pl.Decimal():
            return Kind.WHOLE if dtype.scale == 0 else Kind.NUMBER
        case _ if dtype.is_integer():
            return Kind.WHOLE
        case _:
            return Kind.NUMBER if dtype.is_numeric() else Kind.OTHER
