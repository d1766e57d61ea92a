"""The n-th write, fsync, rename, read, removal or spawn fails, for n = 1, 2, ... until a run meets no failure."""

import contextlib
import errno
import itertools
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from conftest import Survived
from fault_runs import files, ids, parts, write_balances

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ForecastCliError
from forecast_cli.core.fault_points import Step, inject_faults
from forecast_cli.engine.shards import Job, Shard, Task
from forecast_cli.engine.worker import run_task
from forecast_cli.store.layout import is_own
from forecast_cli.store.receipts import ShardReceipt
from forecast_cli.workflows import forecast
from forecast_cli.workflows.check import run_check
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

FILE_STEPS = [Step.WRITE, Step.SYNC, Step.RENAME, Step.READ, Step.REMOVE]


class PowerCutError(BaseException):
    """Nothing of the program runs after it, but for what tidies up locks in a process that lives on."""


def os_error() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Nth:
    """Refuses the n-th step of a kind; of a write, half is on disk by then."""

    def __init__(self, step: Step, n: int, refusal: Callable[[], BaseException]) -> None:
        self.step, self.left, self.refusal = step, n, refusal

    def __call__(self, step: Step, what: str) -> None:
        if step is not self.step:
            return
        self.left -= 1
        if self.left == 0:
            if step is Step.WRITE:
                Path(what).write_bytes(b"PAR1half")
            raise self.refusal()

    @property
    def met(self) -> bool:
        return self.left <= 0


def inline(job: Job, shards: Sequence[Shard], **_: Any) -> Generator[ShardReceipt]:
    """Do the work of workers in this process, where each of their steps can be refused too."""
    for shard in shards:
        yield run_task(job, Task((shard,)))


@pytest.fixture(autouse=True)
def _no_refusals() -> Iterator[None]:
    yield
    inject_faults(None)


@pytest.fixture
def request_of(tmp_path: Path) -> Callable[[str], ForecastRequest]:
    source = write_balances(tmp_path / "in.parquet", ids(4), days=60)
    settings = Settings(model=("Naive",), shard_size=2, jobs=1, level=(80.0,), horizon=5)
    return lambda name: ForecastRequest(str(source), tmp_path / name, settings)


def tables(output: Path) -> dict[str, Any]:
    """What a run promises to be the same: the parts byte for byte, the ledger but for the seconds it took."""
    ledger = pl.read_parquet(output / "accounts.parquet").drop("seconds")
    return {**parts(output), "ledger": ledger.rows(), "failures": (output / "failures.parquet").read_bytes()}


def hold_whole_or_absent(output: Path) -> None:
    if not output.exists():
        return
    assert [path.name for path in output.iterdir() if not is_own(path.name)] == []
    if (output / "_SUCCESS").exists():
        problems = [damage for damage in run_check(output).damages if damage.path != ".run"]
        assert problems == []


@pytest.mark.parametrize("refusal", [os_error, PowerCutError], ids=["refused", "cut off"])
@pytest.mark.parametrize("step", FILE_STEPS)
def test_RT08_RT14_the_nth_step_fails_and_the_same_command_ends_in_the_same_bytes(
    request_of: Callable[[str], ForecastRequest],
    monkeypatch: pytest.MonkeyPatch,
    survived: Survived,
    stride: int,
    step: Step,
    refusal: Callable[[], BaseException],
) -> None:
    monkeypatch.setattr("forecast_cli.engine.local.run_shards", inline)
    good = run_forecast(request_of("good")).output
    expected, names = tables(good), files(good)
    for n in itertools.count(1, stride):
        request = request_of(f"out{n}")
        nth = Nth(step, n, refusal)
        inject_faults(nth)
        with contextlib.suppress(ForecastCliError, PowerCutError):
            run_forecast(request)
        inject_faults(None)
        hold_whole_or_absent(request.output)
        run_forecast(request)
        assert tables(request.output) == expected
        assert files(request.output) == names
        assert run_check(request.output).damages == ()
        if not nth.met:
            break
    assert n > 1
    survived(f"n-th {step} {'refused' if refusal is os_error else 'cut off by a power cut'}", (n - 1) // stride)


@pytest.mark.parametrize("step", [Step.REMOVE, Step.WRITE, Step.RENAME])
def test_RT14_the_nth_step_of_replacing_a_run_fails_and_the_output_is_whole_or_absent(
    request_of: Callable[[str], ForecastRequest],
    monkeypatch: pytest.MonkeyPatch,
    survived: Survived,
    stride: int,
    step: Step,
) -> None:
    monkeypatch.setattr("forecast_cli.engine.local.run_shards", inline)
    expected = tables(run_forecast(request_of("good")).output)
    for n in itertools.count(1, stride):
        plain = request_of(f"out{n}")
        run_forecast(plain)
        again = ForecastRequest(plain.input, plain.output, plain.settings, force=True)
        nth = Nth(step, n, PowerCutError)
        inject_faults(nth)
        with contextlib.suppress(PowerCutError):
            run_forecast(again)
        inject_faults(None)
        hold_whole_or_absent(plain.output)
        run_forecast(again)
        assert tables(plain.output) == expected
        if not nth.met:
            break
    survived(f"n-th {step} of a replacement cut off by a power cut", (n - 1) // stride)


@pytest.mark.usefixtures("own_server")
@pytest.mark.parametrize("jobs", [1, 2])
def test_RT03_the_nth_spawn_fails_and_the_run_goes_on_without_or_ends_cleanly(
    request_of: Callable[[str], ForecastRequest], survived: Survived, jobs: int
) -> None:
    expected = tables(run_forecast(request_of("good")).output)
    for n in itertools.count(1):
        plain = request_of(f"out{n}")
        settings = plain.settings.model_copy(update={"jobs": jobs})
        nth = Nth(Step.SPAWN, n, lambda: OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)))
        inject_faults(nth)
        run_forecast(ForecastRequest(plain.input, plain.output, settings))
        inject_faults(None)
        assert tables(plain.output) == expected
        if not nth.met:
            break
    survived("n-th spawn refused", n - 1)


@pytest.mark.usefixtures("own_server")
def test_RT03_a_system_that_starts_no_process_is_reported_in_one_line(
    request_of: Callable[[str], ForecastRequest],
) -> None:
    def never(step: Step, _: str) -> None:
        if step is Step.SPAWN:
            raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    inject_faults(never)
    with pytest.raises(
        ForecastCliError, match="no worker process could be started: Resource temporarily unavailable"
    ) as lost:
        run_forecast(request_of("out"))
    assert "--shard-size" not in str(lost.value.hint), "it makes another run of it, for which no shard is kept"
    inject_faults(None)
    assert forecast.COMMAND == "forecast"
    run_forecast(request_of("out"))
