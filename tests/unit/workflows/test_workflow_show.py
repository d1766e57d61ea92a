"""The explanation of one account, against the tables it comes from and against slow loops."""

from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import UsageError
from forecast_cli.core.ids import unmark_ids
from forecast_cli.data.sample.block import generate_block
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.workflows.account_payments import ended_payments, next_payments, regular_of
from forecast_cli.workflows.explanation import AccountExplanation, EndedPayments, ShowRequest
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest
from forecast_cli.workflows.show import explain_account

BASE = {"model": ("auto",), "jobs": 1, "horizon": 30, "max_failed": 99, "shard_size": 10}


def forecast(rows: list[pl.DataFrame], folder: Path, **settings: object) -> Path:
    """Write each of ``rows`` as a file of one input, forecast it and return the output."""
    (folder / "in").mkdir()
    for place, part in enumerate(rows):
        part.write_parquet(folder / "in" / f"{place}.parquet")
    run_forecast(ForecastRequest(str(folder / "in"), folder / "out", Settings(**(BASE | settings))))  # type: ignore[arg-type]
    return folder / "out"


@pytest.fixture(scope="module")
def accounts() -> pl.DataFrame:
    return generate_block(SampleSpec(accounts=40, days=400, seed=3), 0, 40)


@pytest.fixture(scope="module")
def output(accounts: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    ids = accounts["account_id"].unique().sort()
    halves = [accounts.filter(pl.col("account_id").is_in(half.implode())) for half in (ids[:20], ids[20:])]
    return forecast(halves, tmp_path_factory.mktemp("show"))


def known(output: Path, *, new: bool = False) -> list[str]:
    """Accounts that ``auto`` has forecast, with 100 days of history or more, or with 30 days or fewer."""
    ledger = pl.read_parquet(output / "accounts.parquet").filter(pl.col("status") == "ok")
    days = (ledger["last"].max() - pl.col("first")).dt.total_days() + 1
    return ledger.filter(days <= 30 if new else days >= 100)["account_id"].to_list()


@pytest.fixture(scope="module")
def explained(output: Path) -> list[AccountExplanation]:
    return [explain_account(ShowRequest(name, output)) for name in known(output)[:8]]


def test_the_fan_and_the_ledger_are_those_of_the_tables(output: Path, explained: list[AccountExplanation]) -> None:
    forecasts, ledger = pl.read_parquet(output / "forecasts"), pl.read_parquet(output / "accounts.parquet")
    for story in explained:
        own = forecasts.filter(pl.col("account_id") == story.account_id).sort("step")
        row = ledger.row(by_predicate=pl.col("account_id") == story.account_id, named=True)
        assert story.fan is not None
        assert list(story.fan.dates) == own["date"].to_list()
        assert list(story.fan.mean) == own["mean"].to_list()
        assert [band.level for band in story.fan.bands] == [80.0, 95.0]
        assert (story.standing.n_obs, story.standing.first, story.standing.last) == (
            row["n_obs"],
            row["first"],
            row["last"],
        )


def test_the_parts_of_a_forecast_add_up_and_others_correct_it(
    output: Path, explained: list[AccountExplanation]
) -> None:
    windows = pl.read_parquet(output / "learned_scores.parquet").filter(~pl.col("first_month"))["windows"][-1]
    corrections = []
    for story in explained:
        assert story.why is not None
        assert story.fan is not None
        assert story.origin is not None
        assert (story.why.learned_as_of, story.why.windows) == (story.origin.replace(day=1), windows)
        assert [step.days for step in story.why.steps] == [7, 14, 30]
        for step in story.why.steps:
            assert step.last + step.own + step.correction == pytest.approx(step.mean)
            assert step.mean == story.fan.mean[step.days - 1]
            corrections.append(step.correction)
    assert np.count_nonzero(corrections) > len(corrections) / 2


def test_an_account_in_its_first_month_has_what_was_learned_from_first_months(output: Path) -> None:
    scores = pl.read_parquet(output / "learned_scores.parquet").filter("first_month")
    why = explain_account(ShowRequest(known(output, new=True)[0], output)).why
    assert why is not None
    assert (why.learned_as_of, why.windows) == (scores["as_of"].max(), scores["windows"][-1])
    assert any(step.correction for step in why.steps)


def test_where_nothing_was_learned_the_own_path_is_the_forecast(accounts: pl.DataFrame, tmp_path: Path) -> None:
    few = accounts.filter(pl.col("account_id").is_in(accounts["account_id"].unique().sort()[:2].implode()))
    output = forecast([few], tmp_path)
    why = explain_account(ShowRequest(known(output)[0], output)).why
    assert why is not None
    assert (why.learned_as_of, why.windows) == (None, None)
    assert [step.correction for step in why.steps] == pytest.approx([0.0] * 3, abs=1e-6)


def test_history_and_rates_are_those_of_the_balances(
    accounts: pl.DataFrame, explained: list[AccountExplanation]
) -> None:
    for story in explained:
        rows = accounts.filter(pl.col("account_id") == story.account_id).sort("date")
        held = dict(rows.select("date", "balance").iter_rows())
        day, balance, daily = rows["date"][0], 0.0, {}
        assert story.origin is not None
        while day <= story.origin:
            balance = float(held.get(day, balance))
            daily[day] = balance
            day += timedelta(days=1)
        last = list(daily.values())[-91:]
        flows = [after - before for before, after in pairwise(last)]
        assert story.history is not None
        assert story.rates is not None
        assert list(story.history.balances) == last[1:]
        assert story.rates.mean_balance == pytest.approx(sum(last[1:]) / 90)
        assert story.rates.in_a_day == pytest.approx(sum(flow for flow in flows if flow > 0) / 90)
        assert story.rates.out_a_day == pytest.approx(sum(flow for flow in flows if flow < 0) / 90)


def test_payments_hold_the_next_of_every_stream_and_those_after_it(
    output: Path, explained: list[AccountExplanation]
) -> None:
    events = pl.read_parquet(output / "events.parquet")
    more = 0
    for story in explained:
        assert story.origin is not None
        own = next_payments(events.filter(pl.col("account_id") == story.account_id), story.origin, 30)
        assert story.every_payment
        assert set(own) <= set(story.payments)
        days = [payment.day for payment in story.payments]
        assert days == sorted(days)
        assert all(timedelta(0) < day - story.origin <= timedelta(days=30) for day in days)
        more += len(story.payments) - len(own)
    assert more > 0


def test_regular_payments_are_summed_by_month() -> None:
    rows = [("weekly", -10.0, "active"), ("monthly", 900.0, "changed"), ("two_monthly", -20.0, "active")]
    rows += [("semi_monthly", 50.0, "active"), ("quarterly", -30.0, "active"), ("monthly", -999.0, "ended")]
    rows += [("four_weekly", 280.0, "active"), ("biweekly", -140.0, "active")]
    regular = regular_of(pl.DataFrame(rows, schema=["cycle", "amount", "status"], orient="row"))
    assert regular.streams == 7
    assert regular.in_a_month == pytest.approx(1000.0 + 10 * 365.25 / 12)
    assert regular.out_a_month == pytest.approx(-10.0 * 365.25 / 84 - 10.0 - 10.0 - 10 * 365.25 / 12)


def test_payments_that_have_ended_are_told_for_three_months() -> None:
    seen, since = [date(2026, 6, 5), date(2026, 4, 1), date(2026, 3, 30), date(2026, 6, 20)], [date(2025, 1, 3)] * 4
    events = pl.DataFrame(
        {
            "status": ["ended", "ended", "ended", "active"],
            "last_seen": seen,
            "amount": [900.0, -20.0, -30.0, 50.0],
            "rule": ["every Friday", "day 1", "day 30", "day 20"],
            "n_seen": [40, 9, 8, 7],
            "first_seen": since,
        }
    )
    assert ended_payments(events, date(2026, 6, 30)) == (
        EndedPayments(date(2026, 6, 5), 900.0, "every Friday", 40, date(2025, 1, 3)),
        EndedPayments(date(2026, 4, 1), -20.0, "day 1", 9, date(2025, 1, 3)),
    )


def test_only_the_accounts_own_rows_are_read(accounts: pl.DataFrame, tmp_path: Path) -> None:
    ids = accounts["account_id"].unique().sort()
    output = forecast([accounts.filter(pl.col("account_id") == name) for name in ids[:20]], tmp_path)
    name = known(output)[0]
    before = explain_account(ShowRequest(name, output))
    others = [path for path in (tmp_path / "in").iterdir() if name not in pl.read_parquet(path)["account_id"]]
    last = max((output / "forecasts").iterdir())
    assert name not in pl.read_parquet(last)["account_id"]
    for path in (*others, last):
        content = path.read_bytes()
        path.write_bytes(content[:4] + bytes(200) + content[204:])
    assert explain_account(ShowRequest(name, output)) == before


def test_an_id_that_is_near_is_found_among_many() -> None:
    from forecast_cli.workflows.account_key import find_key

    many = pl.DataFrame({"account_id": [f"acc-{number:07d}" for number in range(20_000)]}).lazy()
    for typed, meant in (
        ("acc-0000777x", "acc-0000777"),
        ("ACC-0012345", "acc-0012345"),
        ("bcc-0012345", "acc-0012345"),
    ):
        with pytest.raises(UsageError) as refused:
            find_key(many, ShowRequest(typed, Path("out")), ("account_id",))
        assert unmark_ids(refused.value.hint or "") == f"did you mean '{meant}'?"


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Int32(), pl.UInt64(), *map(pl.Decimal, (10, 38)), pl.String()])
def test_ids_of_every_type_are_found_as_typed(tmp_path: Path, dtype: pl.DataType) -> None:
    days = [date(2026, 1, 1) + timedelta(days=day) for day in range(60)]
    ids = pl.Series("account_id", [str(number) for number in (3, 12, 45) for _ in days])
    rows = pl.DataFrame([ids.cast(pl.Int64).cast(dtype) if dtype.is_numeric() else ids.cast(dtype)]).with_columns(
        date=pl.Series(days * 3), balance=pl.Series(range(180), dtype=pl.Float64)
    )
    output = forecast([rows], tmp_path, model=("Naive",))
    story = explain_account(ShowRequest("12", output))
    assert str(story.account_id) == "12"
    assert story.history is not None
    assert story.history.balances[-1] == 119.0
    with pytest.raises(UsageError, match=r"no account .*12\.4"):
        explain_account(ShowRequest("12.4", output))
    for digits in (20, 39, 50):
        with pytest.raises(UsageError, match=r"no account .*1111"):
            explain_account(ShowRequest("1" * digits, output))
