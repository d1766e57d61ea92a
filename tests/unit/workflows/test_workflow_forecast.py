"""The forecast as a Python call: every account comes out, the same bytes each time, and runs are never mixed."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from forecast_runs import START, balances, part_bytes, with_troubled

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError, InputRejectedError, OutputConflictError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.engine.shards import Done, Job, Shard, Task
from forecast_cli.engine.worker import forecast_shard, run_task
from forecast_cli.store.layout import FORECASTS, METRICS
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.store.run_folder import RunFolder
from forecast_cli.workflows import forecast
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import plan_forecast, run_forecast
from forecast_cli.workflows.places import Place
from forecast_cli.workflows.preparing import RunKind, prepare
from forecast_cli.workflows.results import ForecastRequest


def unsound_shard(job: Job, shard: Shard) -> Done:
    """Forecast, and make two rows of each shard what no row may be."""
    done = forecast_shard(job, shard)
    rows = done.tables[FORECASTS].with_row_index()
    spoilt = rows.with_columns(
        mean=pl.when(pl.col("index") == 0).then(np.inf).otherwise("mean"),
        lo_80=pl.when(pl.col("index") == 1).then(pl.col("hi_95") + 1.0).otherwise("lo_80"),
    )
    return replace(done, tables={**done.tables, FORECASTS: spoilt.drop("index")})


def test_every_account_comes_out_with_a_status_and_a_reason(request_of: Callable[..., ForecastRequest]) -> None:
    frame = with_troubled(balances())
    run = run_forecast(request_of(frame))
    accounts = pl.read_parquet(run.output / "accounts.parquet")
    assert accounts["account_id"].to_list() == sorted(set(frame["account_id"]))
    told = {row["account_id"]: row for row in accounts.iter_rows(named=True)}
    assert told["acc-000"]["status"] == "ok"
    assert (told["stale"]["status"], told["torn"]["status"], told["young"]["status"]) == (
        "skipped",
        "failed",
        "fallback",
    )
    assert all(row["reason"] for row in told.values() if row["status"] != "ok")
    assert run.accounts == {Status.OK: 12, Status.FALLBACK: 1, Status.SKIPPED: 1, Status.FAILED: 1}
    assert run.exit_code is ExitCode.ACCOUNTS_FAILED


@pytest.mark.parametrize("origin", ["input", "account"])
def test_forecasts_past_the_end_of_the_calendar_are_refused(
    request_of: Callable[..., ForecastRequest], origin: str
) -> None:
    """polars has days after 9999-12-31, Python has none: such an output could not be shown."""
    frame = balances(2)
    late = frame.with_columns(pl.col("date") + (date(9999, 12, 3) - frame["date"].max()))
    asked = request_of(late, horizon=29, latest_date=date.max, origin=origin)
    with pytest.raises(ConfigError, match="29 days ahead from 9999-12-03 is after 9999-12-31"):
        run_forecast(asked)
    settings = asked.settings.model_copy(update={"horizon": 28})
    run_forecast(replace(asked, settings=settings))


def test_failures_name_each_model_that_did_not_go_as_asked(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_forecast(request_of(with_troubled(balances())))
    failures = pl.read_parquet(run.output / "failures.parquet")
    assert failures.select("account_id", "model").rows() == [
        (account, model) for account in ("stale", "torn", "young") for model in ("Naive", "SeasonalNaive(7)")
    ]
    young = failures.filter(pl.col("account_id") == "young")
    assert young["model_used"].to_list() == ["LastValue", "LastValue"]
    assert failures.filter(pl.col("account_id") == "torn")["model_used"].to_list() == [None, None]


def test_forecast_table_has_the_columns_of_the_contract(request_of: Callable[..., ForecastRequest]) -> None:
    run = run_forecast(request_of(balances(accounts=2), level=(80.0, 97.5)))
    table = pl.read_parquet(run.output / "forecasts" / "part-00000.parquet")
    assert table.schema == pl.Schema(
        {
            "account_id": pl.String,
            "date": pl.Date,
            "step": pl.Int32,
            "model": pl.String,
            **dict.fromkeys(("mean", "lo_97.5", "lo_80", "median", "hi_80", "hi_97.5"), pl.Float64),
        }
    )
    first = table.filter(pl.col("account_id") == "acc-000", pl.col("model") == "Naive")
    origin = START + timedelta(days=89)
    assert first["step"].to_list() == [1, 2, 3, 4, 5]
    assert first["date"].to_list() == [origin + timedelta(days=step) for step in range(1, 6)]


def test_workers_and_row_order_change_no_byte(request_of: Callable[..., ForecastRequest]) -> None:
    frame = with_troubled(balances())
    one = run_forecast(request_of(frame, output="one", shard_size=4))
    two = run_forecast(request_of(frame, output="two", shard_size=4, jobs=2))
    shuffled = run_forecast(request_of(frame.sample(fraction=1, shuffle=True, seed=3), output="three", shard_size=4))
    assert len(part_bytes(one.output)) == 4
    assert part_bytes(one.output) == part_bytes(two.output) == part_bytes(shuffled.output)


def test_a_poisoned_account_changes_no_other_number(request_of: Callable[..., ForecastRequest]) -> None:
    clean = balances(accounts=6)
    poison = pl.when(pl.col("account_id") == "acc-003").then(pl.lit(float("inf"))).otherwise("balance")
    before = run_forecast(request_of(clean, output="clean"))
    after = run_forecast(request_of(clean.with_columns(balance=poison), output="poisoned"))
    others = pl.col("account_id") != "acc-003"
    tables = [pl.read_parquet(run.output / "forecasts").filter(others) for run in (before, after)]
    assert tables[0].equals(tables[1])
    assert after.accounts[Status.FAILED] == 1


def test_a_finished_run_is_left_alone_and_redone_by_force(request_of: Callable[..., ForecastRequest]) -> None:
    request = request_of(balances(accounts=3))
    first = run_forecast(request)
    written = (first.output / "manifest.json").stat().st_mtime_ns
    again = run_forecast(request)
    assert again.reused
    assert (again.output / "manifest.json").stat().st_mtime_ns == written
    assert again.accounts == first.accounts
    forced = run_forecast(replace(request, force=True))
    assert not forced.reused


def test_RT14_an_interrupted_run_is_resumed_and_ends_in_the_same_bytes(
    request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    frame = balances()
    undisturbed = run_forecast(request_of(frame, output="undisturbed", shard_size=3))
    request = request_of(frame, shard_size=3)
    commit = RunFolder.commit

    def cut_off(run: RunFolder, receipt: ShardReceipt) -> None:
        if len(run.resume()) == 2:
            raise KeyboardInterrupt
        commit(run, receipt)

    with monkeypatch.context() as patched:
        patched.setattr(RunFolder, "commit", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_forecast(request)
    assert not (request.output / "manifest.json").exists()
    resumed = run_forecast(request)
    assert (resumed.shards, resumed.shards_resumed) == (4, 2)
    assert part_bytes(resumed.output) == part_bytes(undisturbed.output)
    assert run_check(resumed.output).damages == ()


def test_RT19_another_input_is_refused(request_of: Callable[..., ForecastRequest]) -> None:
    run_forecast(request_of(balances(accounts=2)))
    with pytest.raises(OutputConflictError, match="the input's files"):
        run_forecast(request_of(balances(accounts=2, seed=9)))


def test_RT10_an_output_inside_the_input_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "balances"
    folder.mkdir()
    balances(accounts=2).write_parquet(folder / "a.parquet")
    with pytest.raises(OutputConflictError, match="lies inside the input"):
        run_forecast(ForecastRequest(str(folder), folder / "out", Settings(model=("Naive",))))
    assert [path.name for path in folder.iterdir()] == ["a.parquet"]


def test_rejected_input_leaves_no_trace(request_of: Callable[..., ForecastRequest]) -> None:
    request = request_of(balances(accounts=2).with_columns(pl.col("balance").cast(pl.String)))
    with pytest.raises(InputRejectedError, match="balance"):
        run_forecast(request)
    assert not request.output.exists()


def test_a_plan_writes_nothing_and_says_what_would_be_set_aside(request_of: Callable[..., ForecastRequest]) -> None:
    request = request_of(with_troubled(balances()), shard_size=5)
    plan = plan_forecast(request)
    assert not request.output.exists()
    assert (plan.shards, plan.jobs, plan.output_state) == (3, 1, "new")
    assert {(group.status, group.count) for group in plan.set_aside} == {(Status.SKIPPED, 1), (Status.FAILED, 1)}


def test_ids_keep_their_type_and_columns_their_names(tmp_path: Path) -> None:
    frame = balances(accounts=3).select(
        pl.col("account_id").str.slice(4).cast(pl.Int64).alias("acct"), pl.col("date").alias("day"), "balance"
    )
    frame.write_parquet(tmp_path / "in.parquet")
    settings = Settings(id_col="acct", date_col="day", model=("Naive",), horizon=2)
    run = run_forecast(ForecastRequest(str(tmp_path / "in.parquet"), tmp_path / "out", settings))
    table = pl.read_parquet(run.output / "forecasts")
    assert table.schema["acct"] == pl.Int64
    assert table.schema["day"] == pl.Date
    assert run_check(run.output).damages == ()


def test_currency_is_part_of_the_key_where_it_is_named(tmp_path: Path) -> None:
    frame = balances(accounts=2)
    both = pl.concat(
        [frame.with_columns(ccy=pl.lit("EUR")), frame.with_columns(pl.col("balance") * 2, ccy=pl.lit("USD"))]
    )
    both.write_parquet(tmp_path / "in.parquet")
    settings = Settings(currency_col="ccy", model=("Naive",), horizon=2)
    run = run_forecast(ForecastRequest(str(tmp_path / "in.parquet"), tmp_path / "out", settings))
    table = pl.read_parquet(run.output / "forecasts").filter(pl.col("step") == 1)
    assert table.select("account_id", "ccy").rows() == [
        ("acc-000", "EUR"),
        ("acc-000", "USD"),
        ("acc-001", "EUR"),
        ("acc-001", "USD"),
    ]
    assert table["mean"][1] == 2 * table["mean"][0]
    assert run_check(run.output).damages == ()


def test_an_address_that_was_taken_for_a_path_is_no_output(request_of: Callable[..., ForecastRequest]) -> None:
    request = replace(request_of(balances(accounts=2)), output=Path("s3://key:secret@bucket/out"))
    with pytest.raises(OutputConflictError, match="to a folder, or to an address of s3") as caught:
        run_forecast(request)
    assert "secret" not in str(caught.value)


def test_nothing_but_set_aside_accounts_is_still_a_run(request_of: Callable[..., ForecastRequest]) -> None:
    rows = [("torn", START, 1.0), ("torn", START, 2.0)]
    frame = pl.DataFrame(rows, schema=balances(accounts=1).schema, orient="row")
    run = run_forecast(request_of(frame))
    assert run.forecast_rows == 0
    assert replace(run, max_failed=1).exit_code is ExitCode.ACCOUNTS_FAILED
    assert run.accounts[Status.FAILED] == 1
    assert run_check(run.output).damages == ()


def test_IN14_what_was_read_of_a_changed_input_is_never_staged(request_of: Callable[..., ForecastRequest]) -> None:
    frame = balances(accounts=2)
    request = request_of(frame)
    prepared = prepare(RunKind("forecast"), request, Place(request.output))
    staging = request.output.parent / "staging"
    staging.mkdir()
    job = Job(prepared.checked.source, request.settings, prepared.contract.origin, staging, forecast_shard)
    assert run_task(job, Task(prepared.shards[:1])).accounts == 2
    for path in staging.iterdir():
        path.unlink()
    frame.with_columns(pl.col("balance") + 100_000).write_parquet(request.input)
    with pytest.raises(InputRejectedError, match="has changed since it was listed"):
        run_task(job, Task(prepared.shards[:1]))
    assert list(staging.iterdir()) == []


def test_a_shard_that_loses_an_account_never_ends_as_a_run(
    request_of: Callable[..., ForecastRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = request_of(balances(accounts=3))
    prepared = prepare(RunKind("forecast"), request, Place(request.output))
    lost = replace(prepared.checked, contract=replace(prepared.contract, ledger=prepared.contract.ledger.head(2)))
    monkeypatch.setattr(forecast, "prepare", lambda *_, **__: replace(prepared, checked=lost))
    with pytest.raises(AssertionError, match="2 accounts went in, 3 came out"):
        run_forecast(request)
    assert not (request.output / "manifest.json").exists()


def test_a_finished_run_whose_files_are_gone_is_done_again(request_of: Callable[..., ForecastRequest]) -> None:
    request = request_of(balances(accounts=3))
    before = part_bytes(run_forecast(request).output)
    for path in (request.output / "forecasts").iterdir():
        path.unlink()
    again = run_forecast(request)
    assert not again.reused
    assert part_bytes(again.output) == before


def test_a_plan_refuses_what_the_run_would_refuse(request_of: Callable[..., ForecastRequest]) -> None:
    request = request_of(balances(accounts=2))
    request.output.mkdir()
    (request.output / "thesis.txt").write_text("mine")
    with pytest.raises(OutputConflictError, match="no run wrote"):
        plan_forecast(request)


def test_rows_that_must_not_be_are_counted_over_all_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forecast, "forecast_shard", unsound_shard)
    balances(4).write_parquet(tmp_path / "in.parquet")
    settings = Settings(model=("Naive",), shard_size=2, jobs=1)
    run_forecast(ForecastRequest(str(tmp_path / "in.parquet"), tmp_path / "out", settings))
    assert json.loads((tmp_path / "out" / METRICS).read_text())["sanity"] == {"not_finite": 2, "crossed": 2}
