"""docs/data-contract.md names every rule that code and tests know, and no other."""

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from docs_reference import ROOT

from forecast_cli.config.settings import Settings
from forecast_cli.core.ledger import Flag, Repair
from forecast_cli.data.contract.verdict import list_verdicts

PAGE = (ROOT / "docs" / "data-contract.md").read_text(encoding="utf-8")
RULE = re.compile(r"\b(?:IN|SC|TS)\d{2}\b")


def rules_in(folder: Path, pattern: str) -> set[str]:
    texts: Iterable[str] = (path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    return {rule for text in texts for rule in re.findall(pattern, text)}


TOLD = set(re.findall(r"^\| ((?:IN|SC|TS)\d{2}) \|", PAGE, re.MULTILINE))
USED = rules_in(ROOT / "forecast_cli", RULE.pattern)
TESTED = rules_in(ROOT / "tests", r"def test_((?:IN|SC|TS)\d{2})_")


def test_every_rule_in_the_code_is_documented() -> None:
    assert len(USED) > 30
    assert USED <= TOLD


def test_every_documented_rule_has_a_test_of_its_name_and_every_test_a_rule() -> None:
    assert TESTED == TOLD


def test_no_rule_is_documented_twice_and_every_rule_named_is_documented() -> None:
    rows = re.findall(r"^\| ((?:IN|SC|TS)\d{2}) \|", PAGE, re.MULTILINE)
    assert len(rows) == len(set(rows))
    assert set(RULE.findall(PAGE)) == TOLD


def test_every_verdict_is_in_the_row_of_its_rule_with_the_status_it_gives() -> None:
    rows = {line[2:6]: line for line in PAGE.splitlines() if re.match(r"\| (?:IN|SC|TS)\d{2} \|", line)}
    schema = pl.Schema({"unique_id": pl.String(), "currency": pl.String()})
    verdicts = list_verdicts(schema, Settings(currency_col="currency"), date(2026, 1, 1))
    words = [(verdict.rule, f"`{verdict.status}: {verdict.name}`") for verdict in verdicts]
    assert [pair for pair in words if pair[1] not in rows.get(pair[0], "")] == []


def test_every_option_named_is_a_setting() -> None:
    named = {option.replace("-", "_") for option in re.findall(r"--([a-z][a-z-]*)", PAGE)}
    assert named <= set(Settings.model_fields)
    about_the_input = list(Settings.model_fields)[: list(Settings.model_fields).index("model")]
    assert set(about_the_input) <= named


@pytest.mark.parametrize("heading", ["Repair", "Flag"])
def test_every_repair_and_every_flag_is_documented(heading: str) -> None:
    names = {"Repair": Repair, "Flag": Flag}[heading]
    table = PAGE.split(f"| {heading} |")[1].split("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [str(name) for name in names]


def test_the_readme_leads_here() -> None:
    assert "(docs/data-contract.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
