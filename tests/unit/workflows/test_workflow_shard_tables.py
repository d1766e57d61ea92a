"""Accounts and models not forecast as requested, in groups."""

import polars as pl

from forecast_cli.core.ledger_schemas import FAILURES_SCHEMA
from forecast_cli.workflows.shard_tables import group_failures


def test_groups_of_one_size_and_error_have_a_fixed_order_for_any_replacement() -> None:
    took_over = [f"Model{place:02d}" for place in reversed(range(20))]
    rows = [(f"A{place}", "auto", used, "fallback", "TooShort", "short") for place, used in enumerate(took_over)]
    failures = pl.DataFrame(rows, schema={"severity": pl.String, **FAILURES_SCHEMA}, orient="row")
    found = group_failures(failures, "severity")
    assert [group.model_used for group in found] == sorted(took_over)
    assert {group.count for group in found} == {1}
