"""Reasons of accounts without a forecast, summarized over many accounts."""

from datetime import date

import polars as pl

from forecast_cli.cli.views.shortfall import REASONS, commonest_reason
from forecast_cli.config.settings import Settings
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.verdict import list_verdicts
from forecast_cli.workflows.results import FailureGroup


def test_every_verdict_of_the_data_contract_has_words() -> None:
    schema = pl.Schema({"unique_id": pl.String(), "currency": pl.String()})
    verdicts = list_verdicts(schema, Settings(currency_col="ccy"), date(2026, 1, 1))
    assert {verdict.name for verdict in verdicts} <= set(REASONS)


def group(error: str, count: int, *, used: str | None = None) -> FailureGroup:
    return FailureGroup(Status.FAILED, "auto", used, error, "balance 12.50 went wrong", count, ("A",))


def test_the_reason_of_a_model_is_named_with_the_model_and_without_its_figures() -> None:
    assert commonest_reason([group("timeout", 3)], of=3) == "auto: timeout"
    assert commonest_reason([group("stale", 1), group("timeout", 2)], of=3) == "auto: timeout (2), and others"


def test_accounts_that_were_forecast_by_another_model_do_not_count() -> None:
    assert commonest_reason([group("timeout", 9, used="Naive"), group("empty", 1)], of=1) == "no balance at all"
