"""Tally: counts a rule over the accounts, which makes one finding."""

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.ledger import Status
from forecast_cli.core.text import counted
from forecast_cli.data.findings import EXAMPLES_SHOWN, Action, Finding

#: Title of each rule about rows and accounts, as in the table of ``validate``.
TITLES: Final = {
    "IN02": "accounts of files left out",
    "SC04": "balances beyond 2^53",
    "SC17": "several rows a day",
    "TS02": "the same row twice",
    "TS03": "two balances for one day",
    "TS04": "days without a row",
    "TS05": "missing balances",
    "TS06": "infinite balances",
    "TS07": "balances beyond the limit",
    "TS08": "constant balances",
    "TS09": "short histories",
    "TS10": "no account, date or balance",
    "TS11": "rows after the origin",
    "TS12": "impossible dates",
    "TS13": "stale accounts",
    "TS15": "currencies",
    "TS17": "ids that look alike",
    "TS18": "long ids",
    "TS20": "long histories",
}

_ID_SHOWN: Final = 80


@dataclass(frozen=True)
class Rule:
    """A rule to count. ``measure`` is an expression over the accounts: how often the rule applied to each of them.

    ``text`` continues the message after the count: "12 rows of 3 accounts: ...". ``status`` is as in ``Finding``.
    """

    rule: str
    action: Action
    counts: Literal["rows", "days", "accounts"]
    measure: pl.Expr
    text: str
    hint: str | None = None
    status: Status | None = None


def tally(judged: pl.DataFrame, rule: Rule, *, n_rows: int) -> Finding | None:
    """Return the finding of ``rule`` over the accounts of an input of ``n_rows`` rows, None if it applies to none."""
    measured = judged.select(rule.measure.cast(pl.Int64).fill_null(0).alias("measure")).to_series()
    total = int(measured.sum())
    if total == 0:
        return None
    met = measured > 0
    accounts = int(met.sum())
    by_rows = rule.counts == "rows"
    return Finding(
        rule=rule.rule,
        title=TITLES[rule.rule],
        action=rule.action,
        unit="rows" if by_rows else "accounts",
        count=total if by_rows else accounts,
        total=n_rows if by_rows else len(judged),
        message=f"{_count(rule, total, accounts)}: {rule.text}",
        hint=rule.hint,
        examples=show_accounts(judged, met),
        status=rule.status,
    )


def show_accounts(judged: pl.DataFrame, met: pl.Series) -> tuple[str, ...]:
    """Return the keys of the first 20 of the ``judged`` accounts where ``met`` is true, as ``show_keys`` does."""
    return show_keys(judged[met.arg_true().head(EXAMPLES_SHOWN)])


def show_keys(accounts: pl.DataFrame) -> tuple[str, ...]:
    """Return the keys of ``accounts`` as text, long ids truncated."""
    ids = [show_id(value) for value in accounts[c.UNIQUE_ID]]
    if c.CURRENCY not in accounts.columns:
        return tuple(ids)
    return tuple(f"{unique_id} ({currency})" for unique_id, currency in zip(ids, accounts[c.CURRENCY], strict=True))


def show_id(unique_id: object) -> str:
    """Return an id as text, truncated if it is long."""
    text = str(unique_id)
    return text if len(text) <= _ID_SHOWN else f"{text[:_ID_SHOWN]}... ({len(text)} characters)"


def _count(rule: Rule, total: int, accounts: int) -> str:
    of = counted(accounts, "account")
    return of if rule.counts == "accounts" else f"{counted(total, rule.counts.removesuffix('s'))} of {of}"
