"""Verdicts: reasons why an account cannot be forecast. The first one that applies gives its status and reason."""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from forecast_cli.config.choices import OnDuplicate
from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.ledger import Status
from forecast_cli.data.findings import Action

#: From here on, digits say less than an exponent.
_HUGE: Final = 1e18


@dataclass(frozen=True)
class Verdict:
    """A reason to exclude an account.

    ``name`` begins the reason in the ledger, ``reason`` continues it for the account. ``holds`` and ``reason`` are
    expressions over the profile. ``text`` continues the finding's message after "3 accounts: ".
    """

    name: str
    rule: str
    holds: pl.Expr
    reason: pl.Expr
    text: str
    hint: str | None = None
    status: Status = Status.FAILED
    action: Action = Action.SET_ASIDE


def list_verdicts(profile: pl.Schema, settings: Settings, origin: date | None) -> tuple[Verdict, ...]:
    """Return the verdicts in order of precedence, for a profile with these columns; ``origin`` None: none is stale."""
    verdicts = [_file_left_out(), _conflict(settings)]
    if profile[c.UNIQUE_ID] == pl.String:
        verdicts.append(_long_id(settings))
    if settings.currency_col is not None:
        verdicts.append(_no_currency(settings))
    verdicts += [_undated(settings), _implausible(settings), _later(settings), _empty(settings)]
    verdicts += [_missing(settings), _beyond(settings)]
    if origin is not None:
        verdicts.append(_stale(settings, origin))
    return tuple(verdicts)


def _file_left_out() -> Verdict:
    return Verdict(
        name="quarantined",
        rule="IN02",
        holds=pl.col("n_rows") == 0,
        reason=pl.lit("all its rows are in a file that was left out (--on-bad-file quarantine)"),
        text="known only from a file that was left out",
        hint="deliver the file again",
    )


def _conflict(settings: Settings) -> Verdict:
    kept = settings.on_duplicate in (OnDuplicate.LAST_ROW, OnDuplicate.MEAN)
    fail = settings.on_duplicate is OnDuplicate.FAIL
    more = pl.when(pl.col("conflict_days") > 1).then(_format_message(" and ", pl.col("conflict_days") - 1, " more"))
    return Verdict(
        name="conflict",
        rule="TS03",
        holds=(pl.col("conflicts") > 0) & pl.lit(not kept),
        reason=_format_message(
            "two balances for ", pl.col("conflict_day"), more.otherwise(pl.lit("")), " (--on-duplicate)"
        ),
        text="two balances for one day",
        hint="fix the rows, or resolve them with --on-duplicate last-row or --on-duplicate mean",
        action=Action.REJECT if fail else Action.SET_ASIDE,
    )


def _long_id(settings: Settings) -> Verdict:
    length = pl.col(c.UNIQUE_ID).str.len_bytes()
    limit = settings.max_id_bytes
    return Verdict(
        name="long id",
        rule="TS18",
        holds=length > limit,
        reason=_format_message("its id takes ", length, f" bytes, expected at most {limit} (--max-id-bytes)"),
        text=f"ids of more than {limit} bytes in column '{settings.id_col}'",
        hint="name another column with --id-col, or allow longer ids with --max-id-bytes",
    )


def _no_currency(settings: Settings) -> Verdict:
    return Verdict(
        name="no currency",
        rule="TS15",
        holds=pl.col(c.CURRENCY).is_null() | (pl.col(c.CURRENCY).str.strip_chars() == ""),
        reason=_format_message(
            f"column '{settings.currency_col}' is null or blank in its rows (", pl.col("n_rows"), ")"
        ),
        text=f"no currency in column '{settings.currency_col}'",
        hint="fill in the currency where the rows come from, or name another column with --currency-col",
    )


def _undated(settings: Settings) -> Verdict:
    return Verdict(
        name="no date",
        rule="TS10",
        holds=pl.col("n_undated") == pl.col("n_rows"),
        reason=_format_message(f"column '{settings.date_col}' is null in all of its rows (", pl.col("n_rows"), ")"),
        text=f"no date at all in column '{settings.date_col}'",
        hint="fill in the dates where the rows come from, or name another column with --date-col",
    )


def _implausible(settings: Settings) -> Verdict:
    span = f"{settings.earliest_date} to {settings.latest_date}"
    return Verdict(
        name="impossible dates",
        rule="TS12",
        holds=pl.col("n_undated") + pl.col("n_impossible") == pl.col("n_rows"),
        reason=_format_message(
            "none of its rows (", pl.col("n_rows"), f") is dated {span} (--earliest-date, --latest-date)"
        ),
        text=f"no row dated {span}",
        hint="take other dates with --earliest-date and --latest-date",
    )


def _later(settings: Settings) -> Verdict:
    return Verdict(
        name="later",
        rule="TS11",
        holds=pl.col("n_usable") == 0,
        reason=_format_message("first row ", pl.col("first_after"), f" lies after {settings.as_of} (--as-of)"),
        text=f"no row up to {settings.as_of} (--as-of)",
        hint="name a later day with --as-of",
        status=Status.SKIPPED,
    )


def _empty(settings: Settings) -> Verdict:
    return Verdict(
        name="empty",
        rule="TS10",
        holds=pl.col("n_obs") == 0,
        reason=_format_message("all of its balances (", pl.col("n_missing"), ") are null, NaN or infinite"),
        text=f"no balance at all in column '{settings.balance_col}'",
        hint="fill in the balances where the rows come from, or name another column with --balance-col",
    )


def _missing(settings: Settings) -> Verdict:
    limit = f"{100 * settings.max_missing:g} %"
    return Verdict(
        name="missing",
        rule="TS05",
        holds=pl.col("n_missing") > settings.max_missing * pl.col("n_usable"),
        reason=_format_message(
            pl.col("n_missing"),
            " of ",
            pl.col("n_usable"),
            f" balances are missing, expected at most {limit} (--max-missing)",
        ),
        text=f"more than {limit} of the balances missing in column '{settings.balance_col}'",
        hint="deliver the missing balances, or allow more with --max-missing",
    )


def _beyond(settings: Settings) -> Verdict:
    limit = _amount(settings.max_balance)
    furthest = pl.when(pl.col("high") >= -pl.col("low")).then("high").otherwise("low")
    beyond = pl.max_horizontal("high", -pl.col("low")) > settings.max_balance
    amount = pl.when(beyond).then(furthest).map_elements(_amount, return_dtype=pl.String)
    return Verdict(
        name="beyond",
        rule="TS07",
        holds=beyond,
        reason=_format_message("balance ", amount, f", expected at most {limit} either way (--max-balance)"),
        text=f"a balance beyond {limit} in column '{settings.balance_col}'",
        hint="check the unit of the balances, or allow larger ones with --max-balance",
    )


def _stale(settings: Settings, origin: date) -> Verdict:
    days = (pl.lit(origin) - pl.col("last")).dt.total_days()
    where = f"days before the origin {origin} (--max-stale {settings.max_stale})"
    return Verdict(
        name="stale",
        rule="TS13",
        holds=days > settings.max_stale,
        reason=_format_message("last row ", pl.col("last"), " lies ", days, f" {where}"),
        text=f"last row more than {settings.max_stale} days before the origin {origin} (--max-stale)",
        hint="carry them further with --max-stale, name the day with --as-of, or use --origin account "
        "(backtest: --align account)",
        status=Status.SKIPPED,
    )


def _amount(value: float) -> str:
    """Return an amount with thousands separators, and decimals only if it has any; a huge one with an exponent."""
    return f"{value:,.2f}".removesuffix(".00") if abs(value) < _HUGE else f"{value:g}"


def _format_message(*parts: str | pl.Expr) -> pl.Expr:
    """Return an expression that joins text and values; unlike ``pl.format``, it allows braces in column names."""
    return pl.concat_str(pl.lit(part) if isinstance(part, str) else part.cast(pl.String) for part in parts)
