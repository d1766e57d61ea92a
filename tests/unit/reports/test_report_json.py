"""``report.json`` reads back as written, follows its published schema, and damage is reported."""

import json
import math
from pathlib import Path

import pytest
from report_samples import hostile_report, sample_report

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.evaluation.report import NO_ABSENT, Estimate, Report
from forecast_cli.reports.report_json import read_report, render_json, render_schema

SCHEMA = Path(__file__).parents[3] / "docs" / "report.schema.json"
REWRITE = "from forecast_cli.reports.report_json import render_schema; print(render_schema(), end='')"


@pytest.mark.parametrize("report", [sample_report(), hostile_report()], ids=["sample", "hostile"])
def test_what_is_written_reads_back_the_same(report: Report) -> None:
    assert read_report(render_json(report)) == report


def test_a_figure_that_could_not_be_had_is_null_and_comes_back_as_nan() -> None:
    report = sample_report(models=1)
    nothing = Estimate(value=math.nan, low=-math.inf, high=math.inf)
    first = report.leaderboard[0]
    model = first.model_copy(update={"metrics": first.metrics | {"wape": nothing}})
    text = render_json(report.model_copy(update={"leaderboard": (model,)}))
    written = json.loads(text, parse_constant=lambda found: pytest.fail(f"no JSON: {found}"))
    assert written["leaderboard"][0]["metrics"]["wape"] == {"value": None, "low": None, "high": None}
    read = read_report(text)
    assert all(math.isnan(figure) for figure in read.leaderboard[0].of("wape").model_dump().values())
    assert render_json(read) == text


def test_a_report_from_before_absent_accounts_were_counted_has_none() -> None:
    report = json.loads(render_json(sample_report(models=1)))
    del report["facts"]["absent"]
    assert read_report(json.dumps(report)).facts.absent == NO_ABSENT


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == render_schema(), f'write it again: python -c "{REWRITE}" > {SCHEMA}'


def test_the_schema_names_every_part_and_lets_figures_be_null() -> None:
    schema = json.loads(render_schema())
    assert set(schema["properties"]) == set(Report.model_fields) == {*schema["required"], "format"}
    assert {"type": "null"} in schema["$defs"]["Estimate"]["properties"]["value"]["anyOf"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text[: len(text) // 2], "not JSON"),
        (lambda _: "", "not JSON"),
        (lambda _: "[" * 100_000, "not JSON"),
        (lambda _: "[]", "the whole"),
        (lambda text: text.replace('"format": 2', '"format": 1'), "format 1, this version reads format 2"),
        (lambda text: text.replace('"rank": 1', '"rank": "first"'), "leaderboard.0.rank: input should be"),
        (lambda text: text.replace('"windows": 2543', '"windows": 2543, "x": 1'), "facts.x: extra inputs"),
    ],
)
def test_damage_is_reported_in_one_line(change: object, words: str) -> None:
    assert callable(change)
    with pytest.raises(CheckFailedError) as raised:
        read_report(change(render_json(sample_report())))
    assert words in raised.value.message
    assert "\n" not in raised.value.message
    assert raised.value.message.startswith("report.json: ")
    assert raised.value.hint
    assert raised.value.exit_code == ExitCode.CHECK_FAILED
