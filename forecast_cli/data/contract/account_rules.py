"""Rules about accounts that stay in the run: what a reader of their forecasts should know, and what is left out."""

from datetime import date, timedelta
from typing import Final

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core.ledger import Flag
from forecast_cli.data.contract.tally import TITLES, Rule, show_accounts
from forecast_cli.data.findings import Action, Finding

#: Days from an input's newest balance to ``--as-of`` that are ordinary: a nightly run has yesterday's balances.
_ORDINARY_LAG: Final = 1
#: Days without any other row before the origin that are ordinary: banks are closed from Good Friday to Easter Monday.
_QUIET_DAYS: Final = 4
#: An account is busy if it has a balance on one of so many days or more: it is not one with a row a week or a month.
_BUSY: Final = 5
#: Busy accounts that do not fall silent on the same day by chance.
_MANY: Final = 20
#: Of so many accounts, one may have rows that are dated too late.
_ONE_OF: Final = 1000


def list_account_rules(judged: pl.DataFrame, settings: Settings, origin: date | None) -> list[Rule]:
    """Return the rules to count over judged accounts; none of them excludes an account."""
    return [*_flag_rules(settings), *_history_rules(settings), *_suspicious_origin_rules(judged, settings, origin)]


def warn_of_old_input(judged: pl.DataFrame, settings: Settings, origin: date | None) -> Finding | None:
    """Return a warning if the input ends more than a day before ``--as-of``, unless that makes all accounts stale."""
    newest, after, kept = judged.select(
        pl.col("last").max(), pl.col("n_after").sum(), pl.col("verdict").is_null().sum().alias("kept")
    ).row(0)
    if origin is None or settings.as_of is None or newest is None or after or not kept:
        return None
    days = (origin - newest).days
    if days <= _ORDINARY_LAG:
        return None
    return Finding(
        rule="TS13",
        title=TITLES["TS13"],
        action=Action.WARN,
        unit="accounts",
        count=kept,
        total=judged.height,
        message=f"the newest balance of the input is of {newest}, {days} days before --as-of {origin}: "
        "balances are carried forward",
        hint="wait for the delivery, or leave --as-of out",
        examples=show_accounts(judged, judged["verdict"].is_null()),
    )


def _flag_rules(settings: Settings) -> list[Rule]:
    season = max(settings.season_length)
    history = (pl.col("last") - pl.col("begin")).dt.total_days() + 1
    short = (history < season) & pl.col("verdict").is_null()
    return [
        Rule(
            "SC04",
            Action.WARN,
            "accounts",
            pl.col("flags").list.contains(Flag.ROUNDED.value),
            "balances beyond 2^53, which float64 rounds",
            "deliver balances in a larger unit",
        ),
        Rule(
            "TS08",
            Action.NOTE,
            "accounts",
            pl.col("flags").list.contains(Flag.CONSTANT.value),
            "the balance never moved; intervals come from pooled experience",
        ),
        Rule(
            "TS09",
            Action.NOTE,
            "accounts",
            short,
            f"a history shorter than a season ({season} days); a model that needs more is replaced by a simpler one",
        ),
    ]


def _history_rules(settings: Settings) -> list[Rule]:
    """Return the rules about days left out of histories; n_obs, first and last in the ledger still cover all rows."""
    goes_on = pl.col("verdict").is_null()
    after_gap = pl.coalesce("resumed", "first")
    return [
        Rule(
            "TS04",
            Action.NOTE,
            "accounts",
            goes_on & pl.col("resumed").is_not_null(),
            f"no balance for more than {settings.max_gap} days in a row; their history begins after the last such gap",
            "use what lies before with --max-gap",
        ),
        Rule(
            "TS20",
            Action.NOTE,
            "accounts",
            goes_on & (pl.col("begin") > after_gap),
            f"a history of more than {settings.max_history} days; earlier balances only set the level it begins at",
            "use more of it with --max-history",
        ),
    ]


def _suspicious_origin_rules(judged: pl.DataFrame, settings: Settings, origin: date | None) -> list[Rule]:
    """Return a rule that warns if the origin may be wrong for all: most accounts are stale, or few reach it."""
    is_stale = pl.col("verdict") == "stale"
    is_kept = pl.col("verdict").is_null()
    reaches = is_kept & (pl.col("last") == pl.lit(origin))
    stale, kept, last = judged.select(stale=is_stale.sum(), kept=is_kept.sum(), last=reaches.sum()).row(0)
    if origin is None:
        return []
    if stale <= kept:
        return [] if settings.as_of is not None else _lone_origin_rules(judged.filter(is_kept), origin)
    ended = f"ended more than {settings.max_stale} days before"
    if settings.as_of is not None:
        text = f"{ended} the origin {origin} (--as-of) and are skipped; {kept:,} can be forecast"
        return [Rule("TS13", Action.WARN, "accounts", is_stale, text, "check --as-of: it may lie too late")]
    return [
        Rule(
            "TS13",
            Action.WARN,
            "accounts",
            reaches,
            f"the only {'one that reaches' if last == 1 else 'ones that reach'} the origin {origin}, "
            "the input's last day; "
            f"{stale:,} of {judged.height:,} accounts {ended} it",
            "name the day with --as-of if these rows are dated too late, or use --origin account "
            "(backtest: --align account)",
        )
    ]


def _lone_origin_rules(kept: pl.DataFrame, origin: date) -> list[Rule]:
    """Return a rule that warns if one account, or one of a thousand, alone has rows in the days up to the origin.

    Others count only if they were busy until they fell silent, all at once: accounts whose balance seldom moves, such
    as savings with interest at the end of a month, have no row for days.
    """
    few = max(1, kept.height // _ONE_OF)
    if kept.height < few + _MANY:
        return []
    newest: date = kept["last"].sort(descending=True)[few]
    quiet = (origin - newest).days
    span = (pl.col("last") - pl.col("first")).dt.total_days() + 1
    until_then = pl.col("last") > newest - timedelta(days=_QUIET_DAYS)
    busy = kept.select(((pl.col("n_obs") * _BUSY >= span) & until_then & (pl.col("last") <= newest)).sum()).item()
    if quiet <= _QUIET_DAYS or busy < _MANY:
        return []
    late = pl.col("verdict").is_null() & (pl.col("last") > newest)
    return [
        Rule(
            "TS13",
            Action.WARN,
            "accounts",
            late,
            f"with rows after {newest}, up to the origin {origin}, the input's last day; "
            f"the balances of all others are carried forward {quiet} days or more",
            f"if these rows are dated too late, name the day with --as-of {newest}, and have them corrected",
        )
    ]
