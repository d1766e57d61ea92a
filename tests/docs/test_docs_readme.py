"""The README's examples are run as they stand, in a folder of their own, and its figures are those of the sample."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from docs_reference import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)


def example(kind: str, holding: str) -> str:
    (found,) = [block["text"] for block in FENCE.finditer(README) if block["kind"] == kind and holding in block["text"]]
    return found


def run(command: list[str], where: Path) -> subprocess.CompletedProcess[str]:
    names = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
    return subprocess.run(command, cwd=where, env=names, capture_output=True, text=True, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder like the project's, with twenty of the sample's accounts that reach the last day."""
    for name in ("configs", "data"):
        (tmp_path / name).symlink_to(ROOT / name)
    sample = pl.read_parquet(ROOT / "data" / "sample")
    living = sample.filter(pl.col("date").max().over("account_id") == pl.col("date").max())
    some = living["account_id"].unique().sort().head(20)
    living.filter(pl.col("account_id").is_in(some.implode())).write_parquet(tmp_path / "balances.parquet")
    return tmp_path


def test_the_first_commands_on_own_balances_run(home: Path) -> None:
    done = run(["sh", "-e", "-c", example("sh", "validate")], home)
    assert (done.returncode, done.stderr.count("error")) == (0, 0)
    assert (home / "out" / "mine" / "manifest.json").exists()


def test_the_cron_line_runs_and_ends_with_its_summary(home: Path) -> None:
    line = example("cron", "forecast-cli").strip()
    command = line.split(maxsplit=5)[5].replace(r"\%", "%").replace("/data/balances", "balances.parquet")
    command = command.replace("/data/", f"{home}/")
    done = run(["sh", "-c", command], home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    summary = json.loads((home / "forecast.log").read_text(encoding="utf-8").splitlines()[-1])
    assert summary["event"] == "summary"
    assert Path(summary["manifest"]).exists()


def test_the_makefile_example_runs_once_and_then_has_nothing_to_do(home: Path) -> None:
    (home / "Makefile").write_text(example("make", "forecasts/_SUCCESS"), encoding="utf-8")
    first, second = run(["make"], home), run(["make"], home)
    assert first.returncode == 0, first.stderr
    assert "is up to date" in second.stdout


def test_the_error_shown_is_the_error_given(home: Path) -> None:
    frame = pl.read_parquet(home / "balances.parquet").with_columns(pl.col("balance").cast(pl.String))
    frame.write_parquet(home / "balances.parquet")
    done = run(["forecast-cli", "forecast", "balances.parquet", "--output", "out"], home)
    assert done.returncode == 4
    assert done.stderr.splitlines()[0] == example("text", "error:").strip()


def test_the_figures_shown_are_those_of_the_sample(tmp_path: Path) -> None:
    command = [
        "forecast-cli",
        "forecast",
        "data/sample",
        "--config",
        "configs/sample.toml",
        "--output",
        str(tmp_path / "o"),
    ]
    done = run(command, ROOT)
    assert done.returncode == 0, done.stderr
    shown = example("text", "Not as asked").splitlines()
    counts = [line for line in shown if re.match(r"  (ok|fallback|skipped|failed|in all) ", line)]
    sizes = [line.split(" rows")[0] for line in shown if " rows " in line]
    assert len(counts) == 5
    assert len(sizes) == 3
    assert all(line in done.stdout for line in [*counts, *sizes])
