"""--metrics: a text file that Prometheus reads, whole or as it was, with the counts of the run."""

import re
from pathlib import Path

import pytest
from cli_harness import Cli

from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.reports.prometheus import gauge, render_gauges

QUICK = ("--model", "Naive", "--model", "SeasonalNaive", "--horizon", 5, "--jobs", 1)
LINE = re.compile(r'(?P<name>forecast_cli_[a-z_]+)(?P<labels>\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)+\})? (?P<value>\S+)')
ROOT = Path(__file__).parents[2]


def read(path: Path) -> dict[str, float]:
    samples = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            found = LINE.fullmatch(line)
            assert found, line
            samples[found["name"].removeprefix("forecast_cli_") + (found["labels"] or "")] = float(found["value"])
    return samples


def test_a_run_with_a_failure_is_counted(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "forecast.prom"
    outcome = cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK, "--metrics", file)
    outcome.expect(ExitCode.ACCOUNTS_FAILED)
    found = read(file)
    assert found["exit_code"] == 3
    assert found["input_accounts"] == 6
    assert (found['accounts{status="ok"}'], found['accounts{status="failed"}']) == (5, 1)
    [failed] = [count for name, count in found.items() if name.startswith('not_as_asked{status="failed",reason="')]
    assert failed == 2, "one account, two models"
    assert found['model_accounts{model="Naive",model_used="Naive"}'] == 5
    assert (found["forecast_rows"], found["forecast_rows_not_finite"], found["forecast_rows_crossed"]) == (50, 0, 0)
    assert found["newest_row_timestamp_seconds"] == found["origin_timestamp_seconds"]
    assert "A003" not in file.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["forecast.prom", "out"]
    cli("check", tmp_path / "out").expect(ExitCode.OK)


def test_every_metric_is_documented_and_no_other(cli: Cli, one_bad: Path, tmp_path: Path) -> None:
    file = tmp_path / "forecast.prom"
    cli("forecast", one_bad, "--output", tmp_path / "out", *QUICK, "--metrics", file)
    table = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").split("| Metric (")[1].split("\n\n")[0]
    told = {
        name.partition("{")[0] for row in table.splitlines()[2:] for name in re.findall(r"`([^`]+)`", row.split("|")[1])
    }
    assert told == {name.partition("{")[0] for name in read(file)}


def test_a_rejected_run_leaves_the_file_as_it_was(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "forecast.prom"
    file.write_text("as it was")
    cli("forecast", tmp_path / "none", "--output", tmp_path / "out", "--metrics", file).expect(ExitCode.INPUT_REJECTED)
    assert file.read_text() == "as it was"


@pytest.mark.parametrize(
    ("place", "code"),
    [("out/forecast.prom", ExitCode.CONFIG_INVALID), ("no/forecast.prom", ExitCode.OUTPUT_NOT_WRITTEN)],
)
def test_a_place_that_cannot_be_is_refused_before_the_run(
    cli: Cli, balances: Path, tmp_path: Path, place: str, code: ExitCode
) -> None:
    outcome = cli("forecast", balances, "--output", tmp_path / "out", *QUICK, "--metrics", tmp_path / place)
    outcome.expect_error(code, "--metrics")
    assert list(tmp_path.iterdir()) == []


def test_labels_are_escaped() -> None:
    text = render_gauges([gauge("a", "Says.", 1.5, threshold='q"\\\nx'), gauge("b", "Nothing.", None)])
    assert (
        text
        == '# HELP forecast_cli_a Says.\n# TYPE forecast_cli_a gauge\nforecast_cli_a{threshold="q\\"\\\\\\nx"} 1.5\n'
    )
