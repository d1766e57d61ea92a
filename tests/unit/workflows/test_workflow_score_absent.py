"""Accounts that were forecast and are gone since: a score counts and names them, because no row of a table can."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from made_balances import LAST, balances

from forecast_cli.evaluation.report import NO_ABSENT, Absent
from forecast_cli.workflows.backtest import BacktestRun
from forecast_cli.workflows.report import run_report


def test_the_reports_and_metrics_of_a_score_say_which_accounts_are_gone(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances()
    left = frame.filter(pl.col("account_id").is_in(["acc-001", "acc-004"]))
    nights = [forecast(frame), forecast(frame.filter(pl.col("account_id") != "acc-005"), "next", as_of=LAST)]
    run = score(left, *nights)
    assert run.report.facts.absent == Absent(accounts=4, examples=("acc-000", "acc-002", "acc-003"))
    said = "4 accounts of the forecasts, such as acc-000, acc-002 and acc-003, are gone from "
    assert any(sentence.startswith(said) for sentence in run.report.sentences)
    output = Path(str(run.output))
    assert json.loads((output / "metrics.json").read_text())["absent_accounts"] == 4
    again = score(left, *nights)
    assert (again.reused, again.report) == (True, run.report)
    run_report(output)
    assert all(said in (output / name).read_text() for name in ("report.html", "report.md", "report.json"))


def test_a_score_that_is_taken_up_again_names_them(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = balances(accounts=3)
    published, left = forecast(frame), frame.filter(pl.col("account_id") != "acc-001")
    with monkeypatch.context() as cut_off:
        cut_off.delattr("forecast_cli.workflows.backtest.build_report")
        with pytest.raises(NameError):
            score(left, published)
    run = score(left, published)
    assert (run.shards_resumed, run.report.facts.absent) == (1, Absent(accounts=1, examples=("acc-001",)))


def test_an_account_is_gone_in_each_currency_by_itself(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    euros = balances(accounts=2).with_columns(currency=pl.lit("EUR"))
    frame = pl.concat([euros, euros.with_columns(currency=pl.lit("USD"))])
    gone = (pl.col("account_id") == "acc-001") & (pl.col("currency") == "USD")
    run = score(frame.filter(~gone), forecast(frame, currency_col="currency"))
    assert run.report.facts.absent == Absent(accounts=1, examples=("acc-001 (USD)",))


def test_without_a_scored_window_the_accounts_that_are_gone_are_named_too(
    forecast: Callable[..., Path], score: Callable[..., BacktestRun]
) -> None:
    frame = balances(accounts=2)
    run = score(frame.filter(pl.col("account_id") == "acc-000"), forecast(frame, as_of=LAST))
    assert run.report.sentences[1].startswith("1 account of the forecasts, acc-001, is gone from ")


def test_of_the_same_accounts_none_is_gone(forecast: Callable[..., Path], score: Callable[..., BacktestRun]) -> None:
    frame = balances(accounts=2)
    run = score(frame, forecast(frame))
    assert run.report.facts.absent == NO_ABSENT
    assert not [sentence for sentence in run.report.sentences if "not scored" in sentence]
