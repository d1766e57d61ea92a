"""Findings about rows and accounts: every rule that applied, with counts, examples and what a run does about it."""

from datetime import date
from typing import Final

import polars as pl

from forecast_cli.config.choices import OnDuplicate
from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.core.ledger import Repair
from forecast_cli.core.text import counted
from forecast_cli.data.contract.account_rules import list_account_rules, warn_of_old_input
from forecast_cli.data.contract.tally import TITLES, Rule, show_accounts, show_id, tally
from forecast_cli.data.contract.verdict import Verdict, list_verdicts
from forecast_cli.data.findings import EXAMPLES_SHOWN, Action, Finding

#: Impossible dates per account that are tolerated: sentinels such as 1900-01-01 or 9999-12-31 at either end are common.
_SENTINELS_PER_ACCOUNT: Final = 2
_SHOWN_TOGETHER: Final = 3


def find_in_rows(
    judged: pl.DataFrame, settings: Settings, *, origin: date | None, nameless: int
) -> tuple[Finding, ...]:
    """Return the findings about judged accounts, sorted by rule; ``nameless`` rows belong to no account."""
    n_rows = int(judged["n_rows"].sum()) + nameless
    verdicts = list_verdicts(judged.schema, settings, origin)
    rules = [_verdict_rule(verdict) for verdict in verdicts] + _row_rules(settings) + _day_rules(settings, origin)
    rules += [*list_account_rules(judged, settings, origin), _implausible_rule(judged, settings, n_rows)]
    found = [tally(judged, rule, n_rows=n_rows) for rule in rules]
    found += [
        _find_without_key(judged, settings, nameless),
        _find_similar_ids(judged),
        warn_of_old_input(judged, settings, origin),
    ]
    return tuple(sorted((finding for finding in found if finding is not None), key=lambda finding: finding.rule))


def _verdict_rule(verdict: Verdict) -> Rule:
    holds = pl.col("verdict") == verdict.name
    return Rule(verdict.rule, verdict.action, "accounts", holds, verdict.text, verdict.hint, verdict.status)


def _repaired(repair: Repair) -> pl.Expr:
    return pl.col("repairs").struct.field(repair.value)


def _row_rules(settings: Settings) -> list[Rule]:
    """Return the rules about rows that are dropped or corrected."""
    column = f"column '{settings.balance_col}'"
    return [
        Rule("TS02", Action.REPAIR, "rows", _repaired(Repair.DUPLICATES), "repeat another row in full; dropped"),
        Rule("SC17", Action.REPAIR, "rows", _repaired(Repair.SAME_DAY), "not the last of their day; dropped"),
        Rule(
            "TS05",
            Action.REPAIR,
            "rows",
            pl.when(pl.col("verdict").is_null()).then(_repaired(Repair.NULLS_FILLED) + _repaired(Repair.NULLS_DROPPED)),
            f"null, NaN or infinite in {column}; the balance before holds on",
        ),
        Rule("TS06", Action.REPAIR, "rows", _repaired(Repair.INFINITE), f"infinite in {column}; taken as missing"),
        Rule(
            "TS11",
            Action.REPAIR,
            "rows",
            _repaired(Repair.AFTER_AS_OF),
            f"dated after {settings.as_of} (--as-of); dropped",
        ),
    ]


def _day_rules(settings: Settings, origin: date | None) -> list[Rule]:
    """Return the rules about days that are filled or resolved."""
    carried = "the last balance is carried forward"
    settled = settings.on_duplicate in (OnDuplicate.LAST_ROW, OnDuplicate.MEAN)
    rules = [
        Rule("TS04", Action.REPAIR, "days", _repaired(Repair.GAP_FILLED), f"without a row; {carried}"),
        Rule(
            "TS13",
            Action.REPAIR,
            "days",
            _repaired(Repair.STALE_FILLED),
            f"between an account's last row and the origin {origin}; {carried}",
        ),
    ]
    if settled:
        text = f"two balances; settled by --on-duplicate {settings.on_duplicate.value}"
        rules.append(Rule("TS03", Action.REPAIR, "days", pl.col("conflict_days"), text))
    return rules


def _implausible_rule(judged: pl.DataFrame, settings: Settings, n_rows: int) -> Rule:
    """Return the rule about impossible dates: it rejects the run only if there are more than a few per account.

    Otherwise one 9999-12-31 per account would stop a run of a million accounts. Without any rejection, a whole file of
    1970-01-01 would pass as a million excluded accounts.
    """
    excess = int(judged.select((pl.col("n_impossible") - _SENTINELS_PER_ACCOUNT).clip(0).sum()).item())
    rejected = excess > settings.max_bad_rows * n_rows
    return Rule(
        rule="TS12",
        action=Action.REJECT if rejected else Action.SET_ASIDE,
        counts="rows",
        measure=pl.col("n_impossible"),
        text=f"column '{settings.date_col}' lies outside {settings.earliest_date} to {settings.latest_date}"
        + (_beyond_limit(settings) if rejected else ""),
        hint="take other dates with --earliest-date and --latest-date, or allow more with --max-bad-rows",
    )


def _find_without_key(judged: pl.DataFrame, settings: Settings, nameless: int) -> Finding | None:
    undated = int(judged["n_undated"].sum())
    count, total = nameless + undated, nameless + int(judged["n_rows"].sum())
    if count == 0:
        return None
    rejected = judged.is_empty() or count > settings.max_bad_rows * total
    limit = _beyond_limit(settings) if rejected else ""
    hint = "fix these rows, or allow more with --max-bad-rows"
    if judged.is_empty():
        limit, hint = "; no account is left", "name the column of accounts with --id-col"
    return Finding(
        rule="TS10",
        title=TITLES["TS10"],
        action=Action.REJECT if rejected else Action.SET_ASIDE,
        unit="rows",
        count=count,
        total=total,
        message=f"{counted(count, 'row')} without a key: {nameless:,} null or blank in column '{settings.id_col}', "
        f"{undated:,} null in column '{settings.date_col}'{limit}",
        hint=hint,
        examples=show_accounts(judged, judged["n_undated"] > 0),
    )


def _beyond_limit(settings: Settings) -> str:
    return f"; more than {100 * settings.max_bad_rows:g} % of all rows"


def _find_similar_ids(judged: pl.DataFrame) -> Finding | None:
    """Return a warning about ids that differ only in case, spaces or Unicode form; they stay separate accounts."""
    if judged.schema[c.UNIQUE_ID] != pl.String:
        return None
    folded = judged.select(c.UNIQUE_ID).unique().with_columns(_normalize_id().alias("folded"))
    alike = folded.filter(pl.col("folded").is_duplicated()).sort("folded", c.UNIQUE_ID)
    if alike.is_empty():
        return None
    return Finding(
        rule="TS17",
        title=TITLES["TS17"],
        action=Action.WARN,
        unit="accounts",
        count=len(alike),
        total=len(folded),
        message=f"{counted(len(alike), 'account')}: ids that differ in case, spaces or unicode form alone; kept apart",
        hint="make ids the same before the run where they mean one account",
        examples=_show_groups(alike),
    )


def _normalize_id() -> pl.Expr:
    normal = pl.col(c.UNIQUE_ID).str.normalize("NFKC").str.to_lowercase()
    return normal.str.replace_all(r"\s+", "")


def _show_groups(alike: pl.DataFrame) -> tuple[str, ...]:
    groups = alike.group_by("folded", maintain_order=True).agg(c.UNIQUE_ID).head(EXAMPLES_SHOWN)
    return tuple(" | ".join(_show_group(ids)) for ids in groups[c.UNIQUE_ID])


def _show_group(ids: pl.Series) -> list[str]:
    """Return ids in quotes; with escapes for all but ASCII where two would be drawn the same."""
    named = ids[:_SHOWN_TOGETHER]
    spell = ascii if named.str.normalize("NFC").is_duplicated().any() else repr
    shown = [spell(show_id(value)) for value in named]
    return [*shown, "..."] if len(ids) > len(shown) else shown
