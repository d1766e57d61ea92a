"""Models that hang, crash, raise or use up memory: the account is named, and all others get the same forecast."""

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import faulty_model
import polars as pl
import pytest
from fault_runs import ids, parts, write_balances
from warned import Warnings

from forecast_cli.config.settings import Settings
from forecast_cli.core.ledger import Status
from forecast_cli.core.progress import Progress
from forecast_cli.store.tables import parquet_bytes
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest, ForecastRun

pytestmark = pytest.mark.usefixtures("undrawn")

COUNT = 12
LIMIT = 0.5

Run = Callable[..., ForecastRun]


@pytest.fixture(autouse=True)
def _faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast_cli.models.registry.REGISTRY", faulty_model.registry.REGISTRY)
    faulty_model.install()
    monkeypatch.setattr("forecast_cli.workflows.forecast.forecast_shard", faulty_model.forecast_shard)
    monkeypatch.setattr("forecast_cli.workflows.backtest.backtest_shard", faulty_model.backtest_shard)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def go(model: str, *, shard_size: int = 5, progress: Progress | None = None, **faults: int) -> ForecastRun:
        source = write_balances(tmp_path / "in.parquet", ids(COUNT, **faults))
        settings = Settings(model=(model,), shard_size=shard_size, jobs=2, account_timeout=LIMIT, level=(80.0,))
        return run_forecast(ForecastRequest(str(source), tmp_path / "out", settings), progress)

    return go


def ledger(run: ForecastRun) -> dict[str, tuple[str, str | None]]:
    table = pl.read_parquet(run.output / "accounts.parquet")
    return {row["account_id"]: (row["status"], row["reason"]) for row in table.iter_rows(named=True)}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run in which nothing fails; tests must not change it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    source = write_balances(folder / "good.parquet", ids(COUNT))
    settings = Settings(model=("Naive",), shard_size=5, jobs=1, level=(80.0,))
    return run_forecast(ForecastRequest(str(source), folder / "good", settings)).output


@pytest.mark.parametrize(("model", "fault"), [("FaultyBlock", "loop"), ("FaultySeries", "hang")])
def test_RT02_an_account_that_hangs_is_failed_and_all_others_have_the_same_bytes(
    run: Run, undisturbed: Path, model: str, fault: str
) -> None:
    done = run(model, **{fault: 7})
    bad = f"acc-007-{fault}"
    assert ledger(done)[bad] == ("failed", "timeout: no answer within 0.5 s (--account-timeout)")
    assert {status for status, _ in (ledger(done) | {bad: ("ok", None)}).values()} == {"ok"}
    same_rows(undisturbed, done.output, bad)
    failures = pl.read_parquet(done.output / "failures.parquet")
    assert failures.select("account_id", "model", "model_used", "status", "error").rows() == [
        (bad, model, None, "failed", "timeout")
    ]
    assert not run_check(done.output).damages
    assert not multiprocessing.active_children()


def same_rows(good: Path, output: Path, bad: str) -> None:
    """The same part files, byte for byte, as those of the undisturbed run with the account's rows taken out."""
    plain = bad.rpartition("-")[0]
    assert parts(good).keys() == parts(output).keys()
    for name, content in parts(output).items():
        model = pl.read_parquet(content)["model"][0]
        rows = pl.read_parquet(good / "forecasts" / name).filter(pl.col("account_id") != plain)
        assert content == parquet_bytes(rows.with_columns(model=pl.lit(model))), name


@pytest.mark.parametrize(
    ("model", "fault", "how"),
    [("FaultyBlock", "kill", "SIGKILL, most likely for want of memory"), ("FaultySeries", "exit", "exit code 7")],
)
def test_RT03_an_account_that_ends_its_worker_is_failed_and_all_others_have_the_same_bytes(
    run: Run, undisturbed: Path, model: str, fault: str, how: str
) -> None:
    done = run(model, **{fault: 7})
    bad = f"acc-007-{fault}"
    assert ledger(done)[bad] == ("failed", f"killed: its worker process ended with {how}, twice")
    same_rows(undisturbed, done.output, bad)
    assert done.accounts[Status.FAILED] == 1


def test_RT03_several_accounts_of_one_shard_are_each_found(run: Run) -> None:
    done = run("FaultyBlock", shard_size=100, kill=2, exit=5, segv=6, sleep=9)
    said = {unique_id: reason.partition(":")[0] for unique_id, (_, reason) in ledger(done).items() if reason}
    assert said == {
        "acc-002-kill": "killed",
        "acc-005-exit": "killed",
        "acc-006-segv": "killed",
        "acc-009-sleep": "timeout",
    }
    assert done.accounts[Status.OK] == COUNT - 4


def test_RT03_a_worker_that_was_killed_by_chance_costs_no_account(run: Run, undisturbed: Path) -> None:
    assert_all_as(undisturbed, run("FaultyBlock", once=7), "once")
    assert not multiprocessing.active_children()


def assert_all_as(good: Path, done: ForecastRun, fault: str) -> None:
    """No account failed, and every number is that of the undisturbed run."""
    assert done.accounts[Status.OK] == COUNT
    table = pl.read_parquet(done.output / "forecasts").with_columns(pl.col("account_id").str.strip_suffix(f"-{fault}"))
    assert table.drop("model").equals(pl.read_parquet(good / "forecasts").drop("model"))


@pytest.mark.parametrize(
    ("model", "fault", "error"), [("FaultyBlock", "raise", "ArithmeticError"), ("FaultySeries", "hog", "MemoryError")]
)
def test_RT01_an_account_that_raises_falls_back_and_is_named(run: Run, model: str, fault: str, error: str) -> None:
    done = run(model, **{fault: 7})
    status, reason = ledger(done)[f"acc-007-{fault}"]
    assert status == "fallback"
    assert reason is not None
    assert error in reason
    assert reason.endswith("; Naive used instead")
    assert done.accounts[Status.OK] == COUNT - 1


@pytest.mark.parametrize(("fault", "blocks"), [("crowd", 1), ("raise", 1), ("nan", 0)])
def test_RT01_a_block_that_is_done_one_account_at_a_time_is_counted_and_reported_once(
    run: Run, undisturbed: Path, fault: str, blocks: int
) -> None:
    warnings = Warnings()
    done = run("FaultyBlock", progress=warnings, **{fault: 7})
    told = [message for message in warnings.said if "one account at a time" in message]
    assert len(told) == blocks
    assert all(message.startswith("1 block of accounts: a model raised FaultyBlock: ") for message in told)
    assert json.loads((done.output / "metrics.json").read_text())["cost"]["blocks_done_one_by_one"] == blocks
    if fault == "crowd":  # no account raises by itself
        assert_all_as(undisturbed, done, fault)


def test_RT16_numbers_that_no_forecast_may_hold_are_found_and_the_account_falls_back(run: Run) -> None:
    done = run("FaultyBlock", nan=1, inf=3, crossed=5, exploding=7)
    told = {unique_id: status for unique_id, (status, _) in ledger(done).items() if status != "ok"}
    assert told == dict.fromkeys(["acc-001-nan", "acc-003-inf", "acc-005-crossed", "acc-007-exploding"], "fallback")
    assert done.accounts[Status.FALLBACK] == 4
    table = pl.read_parquet(done.output / "forecasts")
    assert table.select(pl.col(pl.Float64).is_finite().all()).row(0) == (True,) * 4
    assert not run_check(done.output).damages


@pytest.mark.parametrize("refit", [1, 2])
def test_RT01_a_backtest_counts_the_blocks_of_each_window(tmp_path: Path, refit: int) -> None:
    source = write_balances(tmp_path / "in.parquet", ids(3, crowd=1), days=120)
    settings = Settings(
        model=("FaultyBlock",), windows=2, step=10, horizon=10, min_train=30, scale_lag=7, refit=refit, jobs=1
    )
    done = run_backtest(ForecastRequest(str(source), tmp_path / "out", settings))
    assert json.loads((done.output / "metrics.json").read_text())["cost"]["blocks_done_one_by_one"] == 3 - refit


@pytest.mark.parametrize("refit", [1, 2])
def test_RT02_a_backtest_goes_on_without_the_account_that_hangs(tmp_path: Path, refit: int) -> None:
    source = write_balances(tmp_path / "in.parquet", ids(6, hang=3), days=120)
    settings = Settings(
        model=("Naive", "FaultyBlock"), windows=2, step=10, horizon=10, min_train=30, scale_lag=7, refit=refit,
        jobs=2, shard_size=3, account_timeout=LIMIT,
    )  # fmt: skip
    done = run_backtest(ForecastRequest(str(source), tmp_path / "out", settings))
    assert (done.accounts[Status.OK], done.accounts[Status.FAILED]) == (5, 1)
    assert not run_check(done.output).damages
