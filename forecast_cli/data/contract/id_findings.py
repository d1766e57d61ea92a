"""Ids that look alike but differ: kept as separate accounts, and reported."""

from typing import Final

import polars as pl

from forecast_cli.core import columns as c
from forecast_cli.core.text import counted
from forecast_cli.data.contract.tally import TITLES, show_id
from forecast_cli.data.findings import EXAMPLES_SHOWN, Action, Finding

_SHOWN_TOGETHER: Final = 3


def find_similar_ids(judged: pl.DataFrame) -> Finding | None:
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
