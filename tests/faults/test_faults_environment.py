"""Minimal environments, as in cron and containers: the run works, or says in one line why it cannot."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fault_runs import parts, write_balances

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import OutputConflictError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.results import ForecastRequest

BARE = {"PATH": os.defpath, "LC_ALL": "C"}


def command(source: Path, output: Path) -> list[str]:
    options = ["--output", str(output), "--model", "Naive", "--shard-size", "2", "--jobs", "1"]
    return [sys.executable, "-m", "forecast_cli", "forecast", str(source), *options]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_balances(tmp_path_factory.mktemp("bare") / "in.parquet", [f"kontö-{place}" for place in range(4)])


@pytest.fixture(scope="module")
def undisturbed(source: Path) -> dict[str, bytes]:
    settings = Settings(model=("Naive",), shard_size=2, jobs=1)
    return parts(run_forecast(ForecastRequest(str(source), source.parent / "good", settings)).output)


@pytest.mark.parametrize(
    "extra",
    [{}, {"TMPDIR": "/nowhere", "HOME": "/nowhere", "TERM": "dumb", "COLUMNS": "0"}],
    ids=["bare", "no temporary folder, home or terminal"],
)
def test_RT15_a_run_in_bare_surroundings_has_the_same_bytes(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path, extra: dict[str, str]
) -> None:
    done = subprocess.run(command(source, tmp_path / "out"), env=BARE | extra, check=False, capture_output=True)
    assert done.returncode == ExitCode.OK, done.stderr
    assert parts(tmp_path / "out") == undisturbed


def test_RT15_a_temporary_folder_of_too_long_a_path_is_named(source: Path, tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20)
    folder.mkdir()
    surroundings = BARE | {"TMPDIR": str(folder)}
    done = subprocess.run(
        command(source, tmp_path / "out"), env=surroundings, check=False, capture_output=True, text=True
    )
    assert done.returncode == ExitCode.CONFIG_INVALID, done.stderr
    assert f"error: {folder}: temporary folder cannot hold the socket of worker processes" in done.stderr
    assert "TMPDIR" in done.stderr
    assert not (tmp_path / "out" / "manifest.json").exists()


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-", "> /dev/full"])
def test_RT15_a_run_with_closed_or_full_streams_has_the_same_bytes(
    source: Path, undisturbed: dict[str, bytes], tmp_path: Path, closed: str
) -> None:
    line = f'exec "$@" {closed}'
    done = subprocess.run(
        ["/bin/sh", "-c", line, "sh", *command(source, tmp_path / "out")], check=False, capture_output=True, text=True
    )
    assert "Traceback" not in done.stderr
    assert done.returncode in {ExitCode.OK, ExitCode.OUTPUT_NOT_WRITTEN}
    assert parts(tmp_path / "out") == undisturbed


@pytest.mark.parametrize(
    ("change", "word"), [({"horizon": 7}, "horizon"), ({"seed": 5}, "seed"), ({"version": "99"}, "forecast-cli")]
)
def test_RT19_an_interrupted_run_is_not_resumed_with_another_config_or_version(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], word: str
) -> None:
    def cut_off(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    settings = Settings(model=("Naive",), jobs=1)
    with monkeypatch.context() as patch:
        patch.setattr("forecast_cli.engine.local.run_shards", cut_off)
        with pytest.raises(KeyboardInterrupt):
            run_forecast(ForecastRequest(str(source), tmp_path / "out", settings))
    if "version" in change:
        monkeypatch.setattr("forecast_cli.store.fingerprint.__version__", change["version"])
    else:
        settings = settings.model_copy(update=change)
    with pytest.raises(OutputConflictError, match=word):
        run_forecast(ForecastRequest(str(source), tmp_path / "out", settings))
