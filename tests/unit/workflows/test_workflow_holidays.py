"""The calendar of a run decides the days of payments, in forecasts, in learning and in ``show``."""

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from warned import Warnings

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError, OutputConflictError
from forecast_cli.models.recurring.business_days import Rule, shift_days
from forecast_cli.store.layout import EVENTS, LEARNED_SCORES, MANIFEST
from forecast_cli.store.manifest import read_manifest
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.explanation import ShowRequest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest, ForecastRun
from forecast_cli.workflows.run_tables import settings_of
from forecast_cli.workflows.show import explain_account

DAYS, END, ACCOUNTS = 500, date(2026, 6, 30), 3
#: A Monday, and a holiday in Northern Ireland alone: the Battle of the Boyne is on a Sunday.
DUE = 13
RUN: dict[str, object] = {"jobs": 1, "horizon": 30, "holidays": "GB-NIR"}
Forecast = Callable[..., ForecastRun]


@pytest.fixture(scope="module")
def balances(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Accounts with a bill on the 13th, or the next business day of Northern Ireland, and some spending."""
    rng, days = np.random.default_rng(4), [END - timedelta(ago) for ago in range(DAYS - 1, -1, -1)]
    due = np.array([np.datetime64(day, "D").astype(np.int64) for day in days if day.day == DUE])
    paid = np.isin(np.array(days, dtype="datetime64[D]").astype(np.int64), shift_days(due, Rule.AFTER, "GB-NIR"))
    frames = [
        pl.DataFrame({"account_id": f"A{number}", "date": days}).with_columns(
            balance=9_000 + np.cumsum(22.0 - 640.0 * paid - rng.uniform(0, 9, DAYS).round(2))
        )
        for number in range(ACCOUNTS)
    ]
    path = tmp_path_factory.mktemp("holidays") / "balances.parquet"
    pl.concat(frames).write_parquet(path)
    return path


@pytest.fixture(scope="module")
def output(balances: Path) -> Path:
    """The output of a run of 'auto' in Northern Ireland. Look, do not touch."""
    run_forecast(ForecastRequest(str(balances), balances.parent / "out", Settings(**RUN)))  # type: ignore[arg-type]
    return balances.parent / "out"


@pytest.fixture
def forecast(balances: Path, tmp_path: Path) -> Forecast:
    def run(name: str, **settings: object) -> ForecastRun:
        asked = Settings(**(RUN | settings))  # type: ignore[arg-type]
        return run_forecast(ForecastRequest(str(balances), tmp_path / name, asked))

    return run


def bills(output: Path) -> pl.DataFrame:
    return pl.read_parquet(output / EVENTS).filter(pl.col("amount") < -500)


def test_payments_to_come_move_with_the_calendar_of_the_run(output: Path, forecast: Forecast) -> None:
    assert set(bills(output)["next_date"]) == {date(2026, 7, 14)}
    elsewhere = forecast("us", model=("RecurringEvents",), holidays="US")
    assert set(bills(elsewhere.output)["next_date"]) == {date(2026, 7, 13)}


def test_an_account_is_shown_by_the_calendar_of_the_run(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_HOLIDAYS", "US")
    story = explain_account(ShowRequest("A1", output))
    assert story.every_payment
    assert [payment.day for payment in story.payments if payment.amount < -500] == [date(2026, 7, 14)]
    assert read_manifest(output).settings["holidays"] == story.holidays == "GB-NIR"


def test_a_run_by_another_spelling_is_the_same_and_by_another_calendar_another(forecast: Forecast) -> None:
    first = forecast("out", model=("Naive",), holidays="uk-nir")
    again = forecast("out", model=("Naive",), holidays="GB-Northern Ireland")
    assert (first.fingerprint, first.reused, again.reused) == (again.fingerprint, False, True)
    with pytest.raises(OutputConflictError, match='holidays "GB-NIR" -> "GB"'):
        forecast("out", model=("Naive",), holidays="GB")


def test_what_was_learned_under_other_holidays_is_refused(output: Path, forecast: Forecast) -> None:
    with pytest.raises(ConfigError, match="with the holidays of GB-NIR, but this run uses those of US") as caught:
        forecast("us", holidays="US", fitted=str(output))
    assert caught.value.hint == (
        "leave --fitted out, or, if the holidays of GB-NIR are the right ones, give --holidays GB-NIR"
    )
    fitted = forecast("same", fitted=str(output))
    assert_frame_equal(bills(fitted.output), bills(output))


def test_what_was_learned_of_other_forecasts_is_refused(output: Path, forecast: Forecast, tmp_path: Path) -> None:
    earlier = shutil.copytree(output, tmp_path / "earlier")
    manifest = read_manifest(earlier)
    older = manifest.model_copy(update={"versions": manifest.versions | {"tables": "0"}})
    (earlier / MANIFEST).write_text(older.model_dump_json(by_alias=True))
    with pytest.raises(ConfigError, match=r"--fitted .*: learned by a version of forecast-cli whose forecasts differ"):
        forecast("again", fitted=str(earlier))


def test_learned_run_whose_manifest_cannot_be_read_is_refused_as_a_setting(
    output: Path, forecast: Forecast, tmp_path: Path
) -> None:
    damaged = shutil.copytree(output, tmp_path / "damaged")
    (damaged / MANIFEST).write_text("{")
    with pytest.raises(ConfigError, match=r"--fitted .*damaged"):
        forecast("again", fitted=str(damaged))


def test_run_by_a_calendar_that_is_unknown_here_says_so_when_shown(output: Path) -> None:
    manifest = read_manifest(output)
    elsewhere = manifest.model_copy(update={"settings": manifest.settings | {"holidays": "ZZ"}})
    with pytest.raises(ConfigError, match="holidays = 'ZZ', which the run was made with, is unknown here"):
        settings_of(elsewhere)


def test_finished_run_names_the_calendar_where_a_model_asks_for_it(forecast: Forecast) -> None:
    assert forecast("events", model=("RecurringEvents",)).holidays == "GB-NIR"
    assert forecast("none", model=("Naive",)).holidays is None


def test_run_warns_of_a_country_whose_parts_have_more_holidays(balances: Path, tmp_path: Path) -> None:
    warnings = Warnings()
    for model in ("RecurringEvents", "Naive"):
        asked = Settings(**(RUN | {"holidays": "GB", "model": (model,)}))  # type: ignore[arg-type]
        run_forecast(ForecastRequest(str(balances), tmp_path / model, asked), warnings)
    assert [message for message in warnings.said if message.startswith("holidays GB")] == [
        "holidays GB: most of its parts have a holiday on 2026-04-06 and 2026-08-31, the country as a whole has none; "
        "name the part that accounts are of, as in --holidays GB-ENG"
    ]


def test_learned_tables_without_a_manifest_are_taken_as_they_are(
    output: Path, forecast: Forecast, tmp_path: Path
) -> None:
    (tmp_path / "tables").mkdir()
    for table in output.glob("learned_*.parquet"):
        (tmp_path / "tables" / table.name).write_bytes(table.read_bytes())
    assert not (tmp_path / "tables" / MANIFEST).exists()
    forecast("us", holidays="US", fitted=str(tmp_path / "tables"))


def test_learning_and_windows_of_the_past_know_the_calendar(
    balances: Path, output: Path, forecast: Forecast, tmp_path: Path
) -> None:
    elsewhere = forecast("none", holidays="none").output
    assert (elsewhere / LEARNED_SCORES).read_bytes() != (output / LEARNED_SCORES).read_bytes()
    found = []
    for holidays in ("GB-NIR", "none"):
        asked = Settings(**(RUN | {"model": ("RecurringEvents",), "holidays": holidays}))  # type: ignore[arg-type]
        run_backtest(ForecastRequest(str(balances), tmp_path / f"past-{holidays}", asked))
        found.append(pl.read_parquet(tmp_path / f"past-{holidays}" / "forecasts" / "*.parquet")["mean"])
    assert not found[0].equals(found[1])
