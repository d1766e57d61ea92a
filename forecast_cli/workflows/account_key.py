"""Key of one account: finds its rows in a run's tables by the id as the user types it, whatever the type of ids."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from forecast_cli.core.errors import UsageError
from forecast_cli.core.ids import mark_id
from forecast_cli.core.text import closest, is_utf8
from forecast_cli.reports.escape import printable
from forecast_cli.workflows.explanation import ShowRequest

#: Ids searched for suggestions: neighbours in sort order on each side, at most as many with the same last characters.
_NEAR: Final = 500
_ENDING: Final = 4


@dataclass(frozen=True)
class AccountKey:
    """Key columns of a run's tables, and one account's values in them, in the columns' types."""

    columns: tuple[str, ...]
    values: tuple[Any, ...]

    def of(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return the account's rows, by a filter that row-group statistics can answer."""
        schema = rows.collect_schema()
        named = zip(self.columns, self.values, strict=True)
        return rows.filter(*(has_value(name, schema[name], value) for name, value in named))


def has_value(column: str, dtype: pl.DataType, value: object) -> pl.Expr:
    """Return the condition that a column of type ``dtype`` equals ``value``, after a cast of ``value`` to that type.

    False for every row if the cast fails.
    """
    if isinstance(dtype, pl.Categorical | pl.Enum):
        return pl.col(column).cast(pl.String).eq_missing(pl.lit(value, dtype=pl.String))
    exact = pl.Int128() if isinstance(dtype, pl.Decimal) else dtype  # a cast of text to a decimal would round
    given = pl.Series([value], strict=False)
    typed = given.cast(exact, strict=False).cast(dtype, strict=False) if value is not None else pl.Series([None])
    if value is not None and typed[0] is None:
        return pl.lit(value=False)
    return pl.col(column).eq_missing(pl.lit(typed[0], dtype=dtype))


def find_key(accounts: pl.LazyFrame, request: ShowRequest, keys: tuple[str, ...]) -> AccountKey:
    """Return the key of the requested account, from the ledger ``accounts`` of a run with the key columns ``keys``.

    An id that screens show with escapes, ``a\\u202eb``, is also found by that spelling.

    Raises UsageError if no account has this id, if the account has no balance in the requested currency, if it has
    several currencies and none is named, or if a currency is named and keys have none.
    """
    id_col = keys[0]
    if request.currency is not None and len(keys) == 1:
        raise UsageError("--currency: the forecast's accounts have no currency in their key", "leave --currency out")
    dtype = accounts.collect_schema()[id_col]
    found = accounts.filter(_is_account(id_col, dtype, request.account)).select(keys).collect()
    if found.is_empty():
        ids = accounts.select(pl.col(id_col).cast(pl.String)).collect()[id_col]
        shown = _shown_as(request.account, ids)
        if len(shown) != 1:
            raise UsageError(
                f"no account '{mark_id(request.account)}' in {request.forecast}",
                _suggest(ids, request.account.encode(errors="replace").decode()),
            )
        found = accounts.filter(has_value(id_col, dtype, shown[0])).select(keys).collect()
    if len(keys) > 1:
        found = _in_currency(found, request, keys[1])
    return AccountKey(keys, found.row(0))


def _is_account(id_col: str, dtype: pl.DataType, account: str) -> pl.Expr:
    """Return the condition that a row is of ``account``; no id has bytes that are not UTF-8."""
    return has_value(id_col, dtype, account) if is_utf8(account) else pl.lit(value=False)


def _shown_as(text: str, ids: pl.Series) -> list[str]:
    """Return the ids that screens show as ``text`` because they have characters that are escaped."""
    return [one for one in ids.drop_nulls().unique() if printable(one) == text] if "\\" in text else []


def _in_currency(found: pl.DataFrame, request: ShowRequest, currency_col: str) -> pl.DataFrame:
    names = [str(name) for name in found[currency_col]]
    if request.currency is None and len(names) > 1:
        raise UsageError(
            f"account '{mark_id(request.account)}' has several currencies: {', '.join(names)}",
            f"name one: --currency {shlex.quote(names[0])}",
        )
    chosen = found.filter(pl.Series([request.currency in (None, name) for name in names]))
    if chosen.is_empty():
        raise UsageError(
            f"account '{mark_id(request.account)}' has no currency '{request.currency}', but {', '.join(names)}",
            f"name one: --currency {shlex.quote(names[0])}",
        )
    return chosen


def _near(ids: pl.Series, text: str) -> Sequence[str]:
    """Return ids that may be meant by ``text``; among millions, comparing each by similarity would be too slow."""
    known = ids.drop_nulls().unique().sort()
    place = int(known.search_sorted(text))
    alike = known.filter(known.str.to_lowercase() == text.strip().lower())
    ending = known.filter(known.str.ends_with(text[-_ENDING:])).head(_NEAR)
    return pl.concat([alike, known.slice(max(place - _NEAR, 0), 2 * _NEAR), ending]).to_list()


def _suggest(ids: pl.Series, text: str) -> str:
    """Return a hint with the id that may be meant by ``text``, else with one of the ``ids``."""
    close = closest(text, _near(ids, text))
    if close is not None:
        return f"did you mean '{mark_id(close)}'?"
    if ids.is_empty():
        return "the forecast has no accounts"
    return f"the forecast has {len(ids):,} accounts, such as '{mark_id(ids[0])}'"
