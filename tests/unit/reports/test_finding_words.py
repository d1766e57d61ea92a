"""Words for the action of a finding."""

from datetime import date

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core import columns as c
from forecast_cli.data.contract.tally import TITLES
from forecast_cli.data.contract.verdict import Verdict, list_verdicts
from forecast_cli.data.findings import Finding
from forecast_cli.reports.terminal.findings import words_for

SCHEMA = pl.Schema({c.UNIQUE_ID: pl.String(), c.CURRENCY: pl.String()})
VERDICTS = list_verdicts(SCHEMA, Settings(currency_col="ccy"), date(2026, 1, 1))


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.name)
def test_an_account_without_a_forecast_is_reported_with_the_word_of_its_status(verdict: Verdict) -> None:
    finding = Finding(verdict.rule, "title", verdict.action, "accounts", 1, 2, verdict.text, status=verdict.status)
    assert words_for(finding).did == verdict.status


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.name)
def test_an_account_without_a_forecast_is_reported_with_what_to_do(verdict: Verdict) -> None:
    assert verdict.hint


@pytest.mark.parametrize("verdict", VERDICTS, ids=lambda verdict: verdict.name)
def test_the_rule_of_a_verdict_has_a_title(verdict: Verdict) -> None:
    assert verdict.rule in TITLES, "without a title, the first account it applies to ends the run with a traceback"
