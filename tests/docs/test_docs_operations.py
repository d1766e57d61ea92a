"""docs/operations.md has an entry for each exit code, and its commands are valid."""

import re
import tomllib
from pathlib import Path

import pytest
from docs_parse import parse_all
from docs_reference import ROOT
from docs_run import run
from test_docs_cli import blocks

from forecast_cli.core.exit_codes import ExitCode

PATH = ROOT / "docs" / "operations.md"
PAGE = PATH.read_text(encoding="utf-8")
ENTRY = re.compile(r"^### Exit (?P<code>\d+)\n(?P<text>.*?)(?=^##)", re.DOTALL | re.MULTILINE)
ENTRIES = {int(found["code"]): found["text"] for found in ENTRY.finditer(PAGE)}
#: Commands of the runbook and of the schedulers that forecast or check the night's balances.
NIGHTLY = re.findall(
    r"forecast-cli (?:forecast|validate) /data/balances.*",
    PAGE + (ROOT / "docs" / "schedulers.md").read_text(encoding="utf-8"),
)


def test_each_exit_code_has_an_entry() -> None:
    assert set(ENTRIES) == set(ExitCode)
    rows = {int(code) for code in re.findall(r"^\| \[(\d+)\]\(#exit-\1\)", PAGE, re.MULTILINE)}
    assert rows == set(ExitCode)


@pytest.mark.parametrize("code", list(ExitCode))
def test_an_entry_says_what_it_means_what_to_check_and_what_to_run(code: ExitCode) -> None:
    starts_of = [
        paragraph.split()[0] for paragraph in ENTRIES[code].strip().split("\n\n") if paragraph.startswith("**")
    ]
    assert starts_of[:3] == ["**Means**", "**Check**", "**Run**"]


@pytest.mark.parametrize("script", list(blocks(PATH, "sh")), ids=lambda text: text.splitlines()[0])
def test_each_command_to_run_is_read_by_the_parser(script: str) -> None:
    assert parse_all(script) > 0


def test_each_command_that_forecasts_has_the_settings_of_the_night() -> None:
    """Without them, a command that is to finish or replace the night's run makes another run."""
    assert len(NIGHTLY) > 10
    assert [line for line in NIGHTLY if "--config /etc/forecast-cli/nightly.toml" not in line] == []


def test_no_command_asks_for_what_the_settings_of_the_night_say_already() -> None:
    """A command to run after a failure would fail in the same way."""
    nightly = tomllib.loads((ROOT / "configs" / "nightly.toml").read_text(encoding="utf-8"))
    same = {f"--{name.replace('_', '-')} {value}" for name, value in nightly.items()}
    assert [(line, option) for line in NIGHTLY for option in same if option in line] == []


def test_the_alerts_watch_metrics_there_are_and_one_missing_delivery_is_enough() -> None:
    (alerts,) = [text for text in blocks(PATH, "text") if "forecast_cli_exit_code" in text]
    table = PAGE.partition("| Metric (")[2].partition("\n\n")[0]
    assert set(re.findall(r"forecast_cli_(\w+)", alerts)) <= set(re.findall(r"`(\w+)[{`]", table))
    limit = re.search(r"^forecast_cli_newest_row_age_seconds > (\d+)$", alerts, re.MULTILINE)
    assert limit
    assert 86_400 <= int(limit[1]) < 2 * 86_400, "two days old at night: a delivery is missing"


def test_the_wait_for_a_delivery_names_its_day_once_and_ends() -> None:
    (script,) = [text for text in blocks(PATH, "sh") if "sleep" in text]
    assert script.startswith("day=$(date -d yesterday +%F)\ntimeout ")
    assert script.count("yesterday") == 1, "the day would change at midnight"
    assert "--previous" in script
    assert "--metrics" in script


def test_the_change_shown_is_that_of_the_sample(tmp_path: Path) -> None:
    earlier, later = str(tmp_path / "earlier"), str(tmp_path / "later")
    command = ["forecast-cli", "forecast", "data/sample", "--model", "SeasonalNaive", "--output"]
    first = run([*command, earlier, "--as-of", "2026-06-29"], ROOT)
    second = run([*command, later, "--previous", earlier], ROOT)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    (shown,) = [text for text in blocks(PATH, "text") if text.startswith("Since ")]
    assert shown in second.stdout


@pytest.mark.parametrize(
    "name", ["README.md", "docs/operations.md", "docs/schedulers.md", "docs/tables.md", "configs/nightly.toml"]
)
def test_each_night_has_a_folder_that_query_engines_read_as_a_partition(name: str) -> None:
    nights = re.findall(r"forecasts/(run=)?(?:\$\(date|\d{4}-|\{\{)", (ROOT / name).read_text(encoding="utf-8"))
    assert nights
    assert set(nights) == {"run="}


def test_the_readme_and_the_security_page_lead_here_and_back() -> None:
    assert "(docs/operations.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8")
