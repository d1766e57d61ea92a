"""``report.md``: short, with complete tables, and data appears only as text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from report_samples import HOSTILE, empty_report, hostile_report, sample_report

from forecast_cli.config.settings import Settings
from forecast_cli.evaluation.report import Report
from forecast_cli.reports.escape import printable
from forecast_cli.reports.markdown import render_markdown
from forecast_cli.reports.markdown_text import escape_markdown

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
COMMENT = "<!-- -->"
SECTIONS = [
    "Leaderboard",
    "Error by day ahead",
    "Intervals",
    "Segments",
    "Low balances",
    "Worst and median accounts",
    "Failures and fallbacks",
    "Accounts in and out",
]


def text_of(markdown: str) -> str:
    """What a reader sees of one paragraph; fails where it is anything but text."""
    tokens = READER.parse(markdown)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"], markdown
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special", "html_inline"}
    assert {child.content for child in children if child.type == "html_inline"} <= {COMMENT}
    return "".join(child.content for child in children if child.type != "html_inline")


def test_cpu_time_is_said_to_be_that_of_the_shards() -> None:
    assert "3 min 04 s, 5 min 42 s of CPU in its shards" in render_markdown(sample_report())


@given(st.text(st.characters(exclude_categories=())) | st.text("`*_[]<>|~$&\\#-+=1.)@: w/!{}^\n"))
def test_data_is_shown_as_it_is_and_never_acts(text: str) -> None:
    shown = printable(text).strip()
    assert text_of(escape_markdown(text)) == shown if shown else escape_markdown(text) == ""


@given(st.text("ab|\\`\n"))
def test_data_stays_in_its_cell(text: str) -> None:
    tokens = READER.parse(f"| a | b |\n| --- | --- |\n| {escape_markdown(text)} | end |")
    cells = [token.content for token in tokens if token.type == "inline"][2:]
    assert len(cells) == 2
    assert cells[1] == "end"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a|b", "a\\|b"),
        ("<b>", "\\<b\\>"),
        ("line\nbreak", "line\\\\nbreak"),
        ("me@bank", "me@<!-- -->bank"),
        ("#12", "#<!-- -->12"),
        ("https://x.example", "https\\://x.example"),
        ("www.x.example", "www\\.x.example"),
        ("1. one", "1\\. one"),
        ("1.5 %", "1.5 %"),
        ("- x", "\\- x"),
        ("acc-0001", "acc-0001"),
    ],
)
def test_escapes(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


@pytest.mark.parametrize(
    "report", [sample_report(), empty_report(), hostile_report()], ids=["full", "empty", "hostile"]
)
def test_it_has_every_section_and_whole_tables(report: Report) -> None:
    text = render_markdown(report)
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS
    tables = [block for block in text.split("\n\n") if block.startswith("|")]
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1
    assert READER.render(text).count("<table>") == len(tables)


def test_the_sentences_come_first() -> None:
    report = sample_report()
    text = render_markdown(report)
    assert all(sentence in text.partition("## Leaderboard")[0] for sentence in report.sentences)


def test_sections_without_data_say_so() -> None:
    text = render_markdown(empty_report())
    assert "No model was scored." in text
    assert "Every account and every window was forecast as requested." in text


def test_it_stays_short_however_much_was_measured() -> None:
    report = sample_report(models=40, segments=20, fans=40, examples=400)
    settings = dict.fromkeys(Settings().affecting_output("backtest"), "x")
    full = report.model_copy(update={"facts": report.facts.model_copy(update={"settings": settings})})
    text = render_markdown(full.model_copy(update={"problems": report.problems * 9}))
    assert len(text.splitlines()) < 200
    assert "30 more in report.html and report.json." in text


def test_hostile_data_makes_no_markup() -> None:
    html = READER.render(render_markdown(hostile_report()))
    assert not re.search(r"<(?!/?(?:h1|h2|h3|br|p|table|thead|tbody|tr|th|td|details|summary)\b|!-- -->)", html)
    assert "&lt;script&gt;" in html
    assert HOSTILE[3] not in html
