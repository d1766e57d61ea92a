"""``report.html``: self-contained, loads nothing, runs no code from data, and is accessible."""

import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser

import pytest
from report_samples import HOSTILE, empty_report, hostile_report, sample_report

from forecast_cli.evaluation.report import Report
from forecast_cli.reports.escape import printable
from forecast_cli.reports.html import render_html

BIG_ACCOUNTS = 10_000
REPORTS = {"full": sample_report(), "hostile": hostile_report(), "empty": empty_report()}
VOID = {"meta", "link", "br", "img", "input", "line", "path", "rect"}


class Page(HTMLParser):
    """Every element with its attributes, and all text outside scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.raw: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._open[-1] if self._open else ""
        if inside in ("script", "style"):
            self.raw[inside] = self.raw.get(inside, "") + data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def rows_of(page: Page) -> int:
    """Rows of all tables, but for the one that holds the columns' titles."""
    return len(page.all("tr")) - len(page.all("table"))


@cache
def rendered(name: str) -> str:
    """One of the reports as a page: their charts take a second to draw."""
    return render_html(REPORTS[name])


@pytest.fixture(scope="module", params=REPORTS)
def page(request: pytest.FixtureRequest) -> Page:
    return Page(rendered(request.param))


@pytest.fixture(scope="module")
def full() -> Page:
    return Page(rendered("full"))


def test_it_loads_nothing_from_anywhere(page: Page) -> None:
    for _, attributes in page.elements:
        assert not attributes.keys() & {"src", "srcset", "action", "data", "xlink:href", "formaction", "poster"}
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    assert not re.search(r"url\(|@import", page.raw["style"])
    assert not re.search(r"fetch|XMLHttp|import|innerHTML|eval", page.raw["script"])


def test_its_policy_lets_its_own_style_and_script_in_and_nothing_else(page: Page) -> None:
    policies = [meta["content"] or "" for meta in page.all("meta") if "http-equiv" in meta]
    rules = dict(rule.strip().split(" ", 1) for rule in policies[0].split(";"))
    assert len(policies) == 1
    assert rules.pop("img-src") == "data:"
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.raw[kind].encode()).digest()).decode()
        assert rules.pop(f"{kind}-src") == f"'sha256-{digest}'"
    assert set(rules.values()) == {"'none'"}


def test_no_element_carries_what_the_policy_would_block(page: Page) -> None:
    for _, attributes in page.elements:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]


def test_hostile_data_is_text() -> None:
    page = Page(rendered("hostile"))
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert page.all("img") == []
    assert all(printable(text) in page.text for text in HOSTILE)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page.text)
    assert "49" not in [word for word in page.text.split() if word in ("49", "[/bold]49")]


def test_names_are_used_once_and_every_reference_has_its_target(page: Page) -> None:
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    for _, attributes in page.elements:
        wanted = [attributes.get(key) for key in ("aria-labelledby", "aria-describedby")]
        wanted.append((attributes.get("href") or "")[1:] if (attributes.get("href") or "").startswith("#") else None)
        assert {each for each in wanted if each} <= set(names)


def test_tables_charts_and_landmarks_can_be_read_aloud(page: Page) -> None:
    assert len(page.all("caption")) == len(page.all("table"))
    assert {header.get("scope") for header in page.all("th")} <= {"col", "row"}
    assert len([header for header in page.all("th") if header.get("scope") == "row"]) == rows_of(page)
    drawn = [svg for svg in page.all("svg") if "aria-hidden" not in svg]
    assert all(
        svg.keys() == {"role", "aria-labelledby", "aria-describedby", "viewbox"} and svg["role"] == "img"
        for svg in drawn
    )
    assert len(drawn) == len(page.all("figure"))
    assert [len(page.all(tag)) for tag in ("main", "nav", "header", "footer", "h1")] == [1] * 5


def test_every_chart_is_there(full: Page) -> None:
    summaries = [str(name.get("id")).removesuffix("-title") for name in full.all("figcaption")]
    assert summaries[:6] == [
        "scrps-by-day",
        "mase-by-day",
        "coverage-by-level",
        "coverage-80-by-day",
        "coverage-95-by-day",
        "width-by-day",
    ]
    assert len([name for name in summaries if name.startswith("reliability-")]) == 3
    assert len([name for name in summaries if name.startswith("fan-")]) == 8


def test_the_sentences_stand_above_everything_else(full: Page) -> None:
    bound = [sentence.replace(" %", "\N{NO-BREAK SPACE}%") for sentence in REPORTS["full"].sentences]
    places = [full.text.index(sentence) for sentence in bound]
    assert places == sorted(places)
    assert places[-1] < full.text.index("Fingerprint")


def test_sections_without_data_say_so() -> None:
    page = Page(rendered("empty"))
    for sentence in ("no model was scored", "No interval was scored", "No account was drawn", "forecast as requested"):
        assert sentence in page.text
    assert page.all("figure") == []


def test_the_same_report_is_the_same_page() -> None:
    assert render_html(REPORTS["full"]) == rendered("full")


def test_ten_thousand_accounts_fit_in_a_mail() -> None:
    report = sample_report(segments=1_000, fans=200, examples=BIG_ACCOUNTS)
    assert sum(len(problem.examples) for problem in report.problems) == 3 * BIG_ACCOUNTS
    text = render_html(report)
    assert len(text.encode()) < 5_000_000
    assert "rows; report.json holds them all." in text


def test_the_number_of_charts_left_out_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vl_convert.vegalite_to_svg", lambda *_, **__: '<svg viewBox="0 0 1 1"></svg>')
    report = sample_report(fans=26)
    bins = tuple(each.model_copy(update={"threshold": f"p{number}"}) for number, each in enumerate(report.reliability))
    page = Page(render_html(report.model_copy(update={"reliability": bins})))
    assert "The first 12 of 14 are drawn; report.json holds them all." in page.text
    assert f"The first 6 of {len(bins)} are drawn; report.json holds them all." in page.text


def test_a_report_of_one_model_and_one_day_is_whole() -> None:
    report: Report = sample_report(models=1, segments=1, fans=1)
    one = report.model_copy(update={"steps": report.steps[:1], "reliability": report.reliability[:1]})
    assert "NaN" not in render_html(one)
