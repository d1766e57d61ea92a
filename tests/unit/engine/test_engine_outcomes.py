"""Outcomes of models in the ledger: the worst status over all models, and its reason."""

import numpy as np
import polars as pl
import pytest

from forecast_cli.core.ledger import Flag, Status
from forecast_cli.core.ledger_schemas import ACCOUNTS_SCHEMA
from forecast_cli.engine.outcomes import ModelForecast, add_flag, complete_ledger, failure_rows
from forecast_cli.models.base import Forecast
from forecast_cli.models.ladder import LadderForecast, Outcome

FELL_BACK = Outcome(0, Status.FALLBACK, "Naive", "TooShort", "9 days of history, at least 31 needed")
FAILED = Outcome(0, Status.FAILED, None, "NotFinite", "nan at step 1, 1 of 1 steps")


def said(label: str, *outcomes: Outcome) -> ModelForecast:
    nothing = Forecast(np.zeros((1, 1)), np.zeros((1, 1, 1)), ())
    return ModelForecast(label, LadderForecast(nothing, (None,), outcomes, ((),)), np.array([0]))


def ledger_of(*statuses: str) -> pl.DataFrame:
    """Return the ledger of a shard as read: accounts a, b, ... with these statuses."""
    accounts = [
        {**dict.fromkeys(ACCOUNTS_SCHEMA), "unique_id": chr(ord("a") + place), "status": status, "flags": []}
        for place, status in enumerate(statuses)
    ]
    return pl.DataFrame(accounts, schema={"unique_id": pl.String, **ACCOUNTS_SCHEMA})


@pytest.mark.parametrize("turned", [False, True])
def test_the_ledger_holds_the_worst_outcome_of_an_account_and_its_reason(turned: bool) -> None:
    ledger = ledger_of("ok")
    models = [said("auto", FELL_BACK), said("MSTL", FAILED), said("Naive")]
    row = complete_ledger(ledger, models[::-1] if turned else models, seconds=0.5).row(0, named=True)
    assert (row["status"], row["seconds"]) == ("failed", 0.5)
    assert row["reason"] == "MSTL: NotFinite: nan at step 1, 1 of 1 steps"
    alone = complete_ledger(ledger, [said("Naive"), said("auto", FELL_BACK)], seconds=0.5).row(0, named=True)
    assert alone["status"] == "fallback"
    assert alone["reason"] == "auto: 9 days of history, at least 31 needed; Naive used instead"


def test_only_accounts_that_were_forecast_took_time() -> None:
    ledger = complete_ledger(ledger_of("skipped", "ok", "failed"), [said("auto", FELL_BACK)], seconds=0.5)
    assert ledger.select("status", "seconds").rows() == [("skipped", 0.0), ("fallback", 0.5), ("failed", 0.0)]


def test_flags_of_models_follow_those_of_the_rows_each_once_in_the_order_of_their_declaration() -> None:
    nothing = Forecast(np.zeros((2, 1)), np.zeros((2, 1, 1)), ())
    flags = ((Flag.ZERO_WIDTH,), (Flag.ZERO_WIDTH, Flag.SHORT))
    one, other = (
        ModelForecast(label, LadderForecast(nothing, (None, None), (), of_rows), np.array([0, 1]))
        for label, of_rows in (("A", ((), flags[0])), ("B", ((), flags[1])))
    )
    ledger = ledger_of("skipped", "ok", "ok").with_columns(
        flags=pl.Series([[], [], ["stale"]], dtype=pl.List(pl.String))
    )
    assert complete_ledger(ledger, [one, other], seconds=0.0)["flags"].to_list() == [
        [],
        [],
        ["stale", "short", "zero_width"],
    ]


def test_a_flag_is_added_to_the_accounts_of_the_panel_that_are_marked() -> None:
    ledger = ledger_of("skipped", "ok", "failed", "ok")
    once = add_flag(ledger, ledger, np.array([False, True]), Flag.NO_THRESHOLD)
    assert once["flags"].to_list() == [[], [], [], ["no_threshold"]]
    assert add_flag(once, ledger, np.array([False, True]), Flag.NO_THRESHOLD).equals(once)
    assert add_flag(once, ledger, np.array([False, False]), Flag.SHORT).equals(once)


def test_failures_are_those_of_accounts_without_a_forecast_and_of_models_in_the_order_asked_for() -> None:
    reasons = pl.Series(["stale: ended a year ago", None, "not read"], dtype=pl.String)
    ledger = ledger_of("skipped", "ok", "failed").with_columns(reason=reasons)
    found = failure_rows(ledger, [said("MSTL", FAILED), said("auto", FELL_BACK)])
    assert found.select("unique_id", "model", "model_used", "status", "error", "message").rows() == [
        ("a", "MSTL", None, "skipped", "stale", "ended a year ago"),
        ("a", "auto", None, "skipped", "stale", "ended a year ago"),
        ("b", "MSTL", None, "failed", "NotFinite", "nan at step 1, 1 of 1 steps"),
        ("b", "auto", "Naive", "fallback", "TooShort", "9 days of history, at least 31 needed"),
        ("c", "MSTL", None, "failed", "not read", "not read"),
        ("c", "auto", None, "failed", "not read", "not read"),
    ]
