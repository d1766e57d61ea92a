"""The README's examples run as printed, in a separate folder, and its figures are those of the sample."""

import json
import os
import re
import sys
from pathlib import Path

import polars as pl
import pytest
from docs_reference import ROOT
from docs_run import run
from typer.testing import CliRunner

from forecast_cli.cli.app import build_app

SYSTEM = "/usr/bin:/bin"
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)


def example(kind: str, holding: str) -> str:
    (found,) = [block["text"] for block in FENCE.finditer(README) if block["kind"] == kind and holding in block["text"]]
    return found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder like the project's once installed, with twenty of the sample's accounts that reach the last day."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    sample = pl.read_parquet(ROOT / "data" / "sample")
    living = sample.filter(pl.col("date").max().over("account_id") == pl.col("date").max())
    some = living["account_id"].unique().sort().head(20)
    living.filter(pl.col("account_id").is_in(some.implode())).write_parquet(tmp_path / "balances.parquet")
    (tmp_path / "data" / "sample").mkdir(parents=True)
    (tmp_path / "data" / "sample" / "balances.parquet").hardlink_to(tmp_path / "balances.parquet")
    return tmp_path


@pytest.fixture
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have examples that name no model forecast by one that learns nothing, which takes half the time."""
    monkeypatch.setenv("FORECAST_MODEL", "Naive")


def test_the_first_commands_on_own_balances_run(home: Path) -> None:
    done = run(["bash", "-e", "-c", example("sh", "validate")], home, path=SYSTEM)
    assert (done.returncode, done.stderr.count("error")) == (0, 0), done.stderr
    assert (home / "out" / "mine" / "manifest.json").exists()


def cron_command(home: Path) -> str:
    """Return the command of the cron line, with its folders below ``home``."""
    command = example("cron", "forecast-cli").split(maxsplit=5)[5].strip().replace(r"\%", "%")
    command = command.replace("/data/balances", "/data/balances.parquet").replace(
        "/etc/forecast-cli/", f"{home}/configs/"
    )
    return re.sub("/(data|opt/forecast-cli|var/log)/", f"{home}/", command)


def test_the_cron_line_runs_and_ends_with_its_summary(home: Path) -> None:
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    done = run(["sh", "-c", cron_command(home)], elsewhere, path=SYSTEM)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    summary = json.loads((home / "forecast-cli.log").read_text(encoding="utf-8").splitlines()[-1])
    assert summary["event"] == "summary"
    assert Path(summary["manifest"]).exists()


def test_the_cron_line_prints_an_exit_code_for_cron_to_mail(home: Path) -> None:
    (home / "balances.parquet").unlink()
    done = run(["sh", "-c", cron_command(home)], home, path=SYSTEM)
    assert (done.stdout, done.stderr) == (f"forecast-cli: exit code 4, see {home}/forecast-cli.log\n", "")


def fingerprint_of(output: Path) -> str:
    return str(json.loads((output / "manifest.json").read_text(encoding="utf-8"))["fingerprint"])


def redate(path: Path, *, seconds: int) -> None:
    """Give a file another time of change than the stamp's, without waiting for the clock."""
    changed = path.stat().st_mtime + seconds
    os.utime(path, (changed, changed))


@pytest.mark.usefixtures("_quick")
def test_the_makefile_example_runs_once_for_each_input(home: Path) -> None:
    (home / "Makefile").write_text(example("make", "forecasts.done"), encoding="utf-8")
    redate(home / "balances.parquet", seconds=-100)
    first, second = run(["make"], home), run(["make"], home)
    assert first.returncode == 0, first.stderr
    assert "is up to date" in second.stdout
    before = fingerprint_of(home / "forecasts")
    rows = pl.read_parquet(home / "balances.parquet").with_columns(pl.col("balance") + 1.0)
    rows.write_parquet(home / "balances.parquet")
    redate(home / "forecasts.done", seconds=-50)
    third, fourth = run(["make"], home), run(["make"], home)
    assert third.returncode == 0, third.stderr
    assert fingerprint_of(home / "forecasts") != before
    assert "is up to date" in fourth.stdout


@pytest.mark.usefixtures("_quick")
def test_the_makefile_example_never_takes_a_failed_run_for_done(home: Path) -> None:
    (home / "Makefile").write_text(example("make", "forecasts.done"), encoding="utf-8")
    rows = pl.read_parquet(home / "balances.parquet")
    huge = pl.when(pl.col("account_id") == rows["account_id"].min()).then(1e18).otherwise("balance")
    rows.with_columns(balance=huge).write_parquet(home / "balances.parquet")
    for _ in range(2):
        done = run(["make"], home)
        assert done.returncode != 0
        assert "Error 3" in done.stderr


def test_the_error_shown_is_the_error_given(home: Path) -> None:
    frame = pl.read_parquet(home / "balances.parquet").with_columns(pl.col("balance").cast(pl.String))
    frame.write_parquet(home / "balances.parquet")
    done = run(["forecast-cli", "forecast", "balances.parquet", "--output", "out"], home)
    assert done.returncode == 4
    assert done.stderr.strip() == example("text", "error:").strip()


def test_the_account_shown_is_that_of_the_sample(sample_run: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    [command] = [line for line in example("sh", "forecast-cli show").splitlines() if " show " in line]
    words = command.replace("out/forecast", str(sample_run[0])).split()[1:]
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(build_app(), words, prog_name="forecast-cli")
    assert shown.stdout == example("text", "Coming payments")


def test_the_accounts_listed_are_those_of_the_sample(
    sample_run: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = example("sh", "forecast-cli risk").replace("out/forecast", str(sample_run[0])).split()[1:]
    shown = CliRunner(env={"COLUMNS": "80"}).invoke(build_app(), words, prog_name="forecast-cli")
    assert shown.stdout.partition("\nNext")[0] == example("text", "Most likely to be")


def test_the_figures_shown_are_those_of_the_sample(sample_run: tuple[Path, str]) -> None:
    said = sample_run[1]
    shown = example("text", "Not as requested").splitlines()
    counts = [line for line in shown if re.match(r"  (ok|fallback|skipped|failed|in all) ", line)]
    sizes = [line.split(" rows")[0] for line in shown if " rows " in line]
    assert len(counts) == 5
    low = [line for line in shown if re.match(r"  (within days|under) ", line)]
    assert (len(sizes), len(low)) == (8, 3)
    assert all(line in said for line in [*counts, *sizes, *low])


def test_the_calibration_of_probabilities_is_that_of_the_page_it_links_to() -> None:
    page = (ROOT / "docs" / "low-balance.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith("| p10, 30 |")]
    said, came = re.findall(r"\d+ %", row.split("|")[4])
    assert f"gave {said} on average, and {came} fell, over up to 12 windows" in README
