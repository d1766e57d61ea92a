"""Checks of the types that one column has across all files: which can be combined without loss, which are refused."""

from collections.abc import Sequence

import polars as pl

from forecast_cli.data.files.problems import file_finding
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.schema.file_columns import Typed
from forecast_cli.data.schema.roles import (
    ACCEPTED,
    EXPECTED,
    WIDEST_DECIMAL,
    Kind,
    Role,
    cast_hint,
    has_fractions,
    is_too_wide,
    kind_of,
)
from forecast_cli.data.source import DIGITS_OF_INT64


def check_types(types: Sequence[Typed], role: Role) -> list[Finding]:
    """Return the findings about the distinct ``types`` of a column: a rejection, or the conversions made, if any."""
    kinds = _first_of_kinds(types, role)
    refused = [typed for kind, typed in kinds.items() if kind not in ACCEPTED[role.name]]
    if len(kinds) > 1:
        first, second = list(kinds.values())[:2]
        return [_reject_mixture(first, second, role)]
    if refused:
        return [_reject_type(refused[0], role)]
    strange = _first_unsigned_among_signed(types) if role.name == "id" else None
    if strange:
        return [_reject_mixture(types[0] if types[0] != strange else types[1], strange, role)]
    return _repairs(types, role)


def common_id(types: Sequence[Typed]) -> pl.DataType:
    """Return the common type of account ids: their only type, else the widest integer type, else text.

    Decimals beside integers become Int64, or decimals of 38 digits if one of them is too wide for Int64.
    """
    dtypes = {typed.dtype for typed in types if typed.dtype != pl.Null}
    if len(dtypes) == 1:
        return dtypes.pop()
    if all(dtype.is_integer() for dtype in dtypes) and dtypes:
        return _widest(dtypes)
    if any(map(_is_wide_decimal, dtypes)):
        return pl.Decimal(scale=0)
    return pl.Int64() if any(dtype.is_numeric() for dtype in dtypes) else pl.String()


def _first_of_kinds(types: Sequence[Typed], role: Role) -> dict[Kind, Typed]:
    """Return the first file of each kind.

    A column of nulls is compatible with every kind. Mixed timezones are checked in ``zones``.
    """
    kinds: dict[Kind, Typed] = {}
    for typed in types:
        kind = kind_of(role.name, typed.dtype)
        kinds.setdefault(Kind.NAIVE if kind is Kind.AWARE else kind, typed)
    if len(kinds) > 1:
        kinds.pop(Kind.NULL, None)
    return kinds


def _reject_mixture(first: Typed, second: Typed, role: Role) -> Finding:
    message = (
        f"{second.path}: column '{role.column}' is {second.dtype}, but {first.dtype} in {first.path}; "
        "neither converts to the other without loss"
    )
    other = first if second.dtype == pl.Date or has_fractions(first.dtype) else second
    refused = (typed for typed in (first, second) if kind_of(role.name, typed.dtype) not in ACCEPTED[role.name])
    hint = f"write all files with one type: {cast_hint(role, next(refused, other).dtype)}"
    return file_finding("SC08", Action.REJECT, message, hint=hint, paths=[first.path, second.path])


def _reject_type(typed: Typed, role: Role) -> Finding:
    digits = f" of at most {WIDEST_DECIMAL} digits" if is_too_wide(typed.dtype) else ""
    message = f"{typed.path}: column '{role.column}' is {typed.dtype}, expected {EXPECTED[role.name]}{digits}"
    kind = kind_of(role.name, typed.dtype)
    rule = "SC03" if kind is Kind.TEXT else "SC12" if role.name == "id" and typed.dtype.is_numeric() else "SC09"
    return file_finding(rule, Action.REJECT, message, hint=cast_hint(role, typed.dtype), paths=[typed.path])


def _first_unsigned_among_signed(types: Sequence[Typed]) -> Typed | None:
    """Return a UInt64 column found beside one that can be negative, or None: no type of 64 bits holds both.

    None beside a decimal of more digits, too, because ids then have more bits.
    """
    whole = [typed for typed in types if typed.dtype != pl.Null]
    wide = [typed for typed in whole if typed.dtype == pl.UInt64]
    if any(_is_wide_decimal(typed.dtype) for typed in whole):
        return None
    return wide[0] if wide and any(not typed.dtype.is_unsigned_integer() for typed in whole) else None


def _widest(dtypes: set[pl.DataType]) -> pl.DataType:
    if all(dtype.is_unsigned_integer() for dtype in dtypes):
        return max(dtypes, key=_bits)
    signed = [dtype for dtype in dtypes if not dtype.is_unsigned_integer()]
    widest = max(signed, key=_bits)
    unsigned = [_bits(dtype) for dtype in dtypes if dtype.is_unsigned_integer()]
    return pl.Int64() if unsigned and max(unsigned) >= _bits(widest) else widest


def _is_wide_decimal(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Decimal) and dtype.precision > DIGITS_OF_INT64


def _bits(dtype: pl.DataType) -> int:
    return int(str(dtype).lower().lstrip("uint"))


def _without_zone(dtype: pl.DataType) -> pl.DataType:
    return pl.Datetime(dtype.time_unit) if isinstance(dtype, pl.Datetime) else dtype


def _repairs(types: Sequence[Typed], role: Role) -> list[Finding]:
    findings = []
    if len({_without_zone(typed.dtype) for typed in types}) > 1:  # timezones are checked in ``zones``
        shown = ", ".join(f"{typed.dtype} in {typed.path}" for typed in types[:3])
        message = f"column '{role.column}' is {shown}: widened to one type without loss"
        findings.append(file_finding("SC08", Action.REPAIR, message, paths=[typed.path for typed in types]))
    exact = next((typed for typed in types if typed.dtype.is_decimal() or typed.dtype.is_integer()), None)
    if exact and role.name == "balance":
        message = f"{exact.path}: column '{role.column}' is {exact.dtype}: read as Float64"
        findings.append(file_finding("SC04", Action.REPAIR, message, paths=[exact.path]))
    category = next((typed for typed in types if isinstance(typed.dtype, pl.Categorical | pl.Enum)), None)
    if category and role.name == "id":
        message = (
            f"{category.path}: column '{role.column}' is {category.dtype}: read as text; the output keeps the type"
        )
        findings.append(file_finding("SC10", Action.REPAIR, message, paths=[category.path]))
    return findings
