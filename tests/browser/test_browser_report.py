"""The report in a real browser: it opens, draws, sorts, fits a phone, follows the colour scheme; data runs no code."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from report_samples import empty_report, hostile_report, sample_report
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from forecast_cli.reports.html import render_html

INSTALL = "no chromium: apt-get install --yes --no-install-recommends chromium chromium-driver"
WIDE, PHONE = 1280, 360
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
#: Visible elements that reach beyond the page's width, but for what scrolls in a box of its own.
OVERFLOWING = """
return [...document.body.querySelectorAll('*')].filter((element) =>
  !element.parentElement.closest('.scroll') && !element.closest('.unseen') && element.checkVisibility()
  && element.getBoundingClientRect().right > innerWidth + 0.5).map((element) => element.outerHTML.slice(0, 120));
"""

#: Labels of charts that are cut off at the edge of their drawing.
CUT_LABELS = """
return [...document.querySelectorAll('figure > svg')].flatMap((svg) => [...svg.querySelectorAll('text')].filter(
  (text) => getComputedStyle(svg).overflow !== 'visible'
  && text.getBoundingClientRect().right > svg.getBoundingClientRect().right + 0.5).map((text) => text.textContent));
"""
#: The lower ends of a table's rows, the middle of a cell that stays in place, and of one that does not.
ROW_ENDS = """
const cell = document.querySelector('#leaderboard tbody th');
scrollTo({ top: cell.getBoundingClientRect().top + scrollY - 200 });
const middle = (each) => { const box = each.getBoundingClientRect(); return (box.left + box.right) / 2; };
return [[...cell.closest('tbody').rows].map((row) => row.getBoundingClientRect().bottom),
  [middle(cell), middle(cell.nextElementSibling)]];
"""
#: Of places [x, y] of a screenshot, those without a line within two pixels above or below.
RULELESS = """
const [png, ends, middles, done] = arguments;
const image = new Image();
image.onload = () => {
  const canvas = document.createElement('canvas').getContext('2d');
  Object.assign(canvas.canvas, { width: image.width, height: image.height });
  canvas.drawImage(image, 0, 0);
  const colours = (x, y) => new Set([-2, -1, 0, 1, 2].map((by) => canvas.getImageData(x, y + by, 1, 1).data.join()));
  done(ends.flatMap((y) => middles.map((x) => [x, y])).filter(([x, y]) => colours(x, Math.round(y)).size < 2));
};
image.src = 'data:image/png;base64,' + png;
"""

Chrome = webdriver.Chrome


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, report in (("full", sample_report()), ("hostile", hostile_report()), ("empty", empty_report())):
        (folder / f"{name}.html").write_text(render_html(report), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    found, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not found or not driver:
        if os.environ.get("CI") == "true":
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    options = webdriver.ChromeOptions()
    options.binary_location = found
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


@pytest.fixture
def full(browser: Chrome, pages: Path) -> Chrome:
    return opened(browser, pages / "full.html")


def opened(browser: Chrome, page: Path, *, width: int = WIDE, scheme: str = "light") -> Chrome:
    """The page at a width and in a colour scheme, freshly loaded, its console cleared."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width == PHONE},
    )
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},  # a click waits for no scrolling
    ]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    browser.get_log("browser")
    browser.get(page.as_uri())
    return browser


def header(browser: Chrome, title: str) -> WebElement:
    headers = browser.find_elements(By.CSS_SELECTOR, "#leaderboard table.sortable thead th")
    return next(each for each in headers if each.text.strip() == title)


def column(browser: Chrome, title: str) -> list[str]:
    place = browser.execute_script("return arguments[0].cellIndex", header(browser, title))
    cells = f"#leaderboard table.sortable tbody tr > :nth-child({place + 1}) bdi"
    return [cell.text for cell in browser.find_elements(By.CSS_SELECTOR, cells) if cell.is_displayed()][:4]


@pytest.mark.parametrize("name", ["full", "hostile", "empty"])
def test_it_opens_without_a_word_in_the_console(browser: Chrome, pages: Path, name: str) -> None:
    opened(browser, pages / f"{name}.html")
    assert browser.get_log("browser") == []
    assert browser.title.startswith("Backtest report")


def test_it_asks_for_nothing_but_itself(full: Chrome) -> None:
    names = full.execute_script("return performance.getEntriesByType('resource').map((each) => each.name)")
    assert [name for name in names if not name.startswith("data:")] == []


def test_every_chart_is_drawn(full: Chrome) -> None:
    charts = full.find_elements(By.CSS_SELECTOR, "figure > svg[role=img]")
    assert len(charts) == 2 + 4 + 3 + 8
    for chart in charts:
        assert chart.size["width"] > 300
        assert chart.size["height"] > 150
        drawn = full.execute_script(
            "return [...arguments[0].querySelectorAll('path')].filter((each) => each.getTotalLength() > 50"
            " && getComputedStyle(each).stroke.startsWith('rgb')).length",
            chart,
        )
        assert drawn >= 2


def test_charts_have_names_and_descriptions_for_a_screen_reader(full: Chrome) -> None:
    chart = full.find_element(By.CSS_SELECTOR, "#error figure > svg")
    assert chart.aria_role in ("image", "img")
    assert chart.accessible_name == "sCRPS by day ahead"


def test_a_click_sorts_and_a_second_one_turns_round(full: Chrome) -> None:
    for direction, order in (("ascending", ["0", "0", "9", "9"]), ("descending", ["9", "9", "0", "0"])):
        header(full, "Failures").find_element(By.TAG_NAME, "button").click()
        assert header(full, "Failures").get_attribute("aria-sort") == direction
        assert column(full, "Failures") == order
    assert "sorted by Failures, descending" in full.find_element(By.ID, "said").get_attribute("textContent")


def test_the_keyboard_sorts(full: Chrome) -> None:
    for key, title, first in ((Keys.ENTER, "CPU", "0.4 ms"), (Keys.SPACE, "Model", "AutoETS(1)")):
        header(full, title).find_element(By.TAG_NAME, "button").send_keys(key)
        assert header(full, title).get_attribute("aria-sort") == "ascending"
        assert column(full, title)[0] == first
    assert len(full.find_elements(By.CSS_SELECTOR, "#leaderboard th[aria-sort]")) == 1


def test_what_has_no_figure_stays_last_either_way(full: Chrome) -> None:
    for _ in range(2):
        header(full, "Skill").find_element(By.TAG_NAME, "button").click()
        assert column(full, "Skill")[-1] == "–"


def test_the_first_stop_of_the_keyboard_skips_to_the_report(full: Chrome) -> None:
    full.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    assert full.switch_to.active_element.text == "Skip to the report"
    full.switch_to.active_element.send_keys(Keys.ENTER)
    assert full.switch_to.active_element.get_attribute("id") == "content"


@pytest.mark.parametrize("name", ["full", "hostile", "empty"])
@pytest.mark.parametrize("unfolded", [False, True])
def test_nothing_is_wider_than_a_phone(browser: Chrome, pages: Path, name: str, unfolded: bool) -> None:
    opened(browser, pages / f"{name}.html", width=PHONE)
    if unfolded:
        browser.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= PHONE
    assert browser.execute_script(OVERFLOWING) == []


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_date_at_the_edge_of_a_chart_is_not_cut_on_a_phone(browser: Chrome, tmp_path: Path, last: int) -> None:
    report = sample_report(fans=1)
    by = date(1997, 7, last) - report.fans[0].dates[-1]
    days = {name: tuple(day + by for day in getattr(report.fans[0], name)) for name in ("dates", "history_dates")}
    fan = report.fans[0].model_copy(update={**days, "cutoff": report.fans[0].cutoff + by})
    page = tmp_path / "edge.html"
    page.write_text(render_html(report.model_copy(update={"fans": (fan,)})), encoding="utf-8")
    opened(browser, page, width=PHONE)
    assert browser.execute_script(CUT_LABELS) == []
    assert browser.execute_script(OVERFLOWING) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_row_has_its_rule_under_the_cell_that_stays_in_place(browser: Chrome, pages: Path, scheme: str) -> None:
    opened(browser, pages / "full.html", width=PHONE, scheme=scheme)
    ends, middles = browser.execute_script(ROW_ENDS)
    assert len(ends) >= 4
    png = browser.get_screenshot_as_base64()
    browser.get("about:blank")
    assert browser.execute_async_script(RULELESS, png, ends, middles) == []


def test_hostile_data_does_nothing(browser: Chrome, pages: Path) -> None:
    opened(browser, pages / "hostile.html")
    assert browser.title.startswith("Backtest report: </style></script><svg onload=alert(1)>")
    assert browser.find_elements(By.CSS_SELECTOR, "img, iframe, object, embed, svg[onload]") == []
    assert "<script>document.title='hacked'</script>" in browser.find_element(By.TAG_NAME, "main").text


def test_the_policy_blocks_what_was_put_in_afterwards(full: Chrome) -> None:
    full.execute_script(
        "const put = document.createElement('script'); put.textContent = 'document.title = 1';"
        " document.body.append(put)"
    )
    assert full.title.startswith("Backtest report")
    assert any("Content Security Policy" in entry["message"] for entry in full.get_log("browser"))


def test_the_page_and_its_charts_follow_the_colour_scheme(browser: Chrome, pages: Path) -> None:
    seen = []
    for scheme in ("light", "dark"):
        opened(browser, pages / "full.html", scheme=scheme)
        seen.append(
            browser.execute_script(
                "return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,"
                " getComputedStyle(document.querySelector('figure > svg text')).fill]"
            )
        )
    light, dark = seen
    assert all(one != other for one, other in zip(light, dark, strict=True))
    assert light[1] == light[2]
    assert dark[1] == dark[2]


def test_on_paper_the_head_of_a_table_holds_no_button_and_is_repeated_on_its_next_page(full: Chrome) -> None:
    displays = "return [...document.querySelectorAll('th button')].map((each) => getComputedStyle(each).display)"
    full.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        assert set(full.execute_script(displays)) == {"contents"}
    finally:
        full.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert "contents" not in full.execute_script(displays)


def test_on_paper_everything_but_the_days_of_charts_is_unfolded(full: Chrome) -> None:
    full.execute_script("dispatchEvent(new Event('beforeprint'))")
    full.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        folded = "return [...document.querySelectorAll('details')].filter((each) => !each.open).length"
        assert full.execute_script(folded) == 0
        assert not full.find_element(By.TAG_NAME, "nav").is_displayed()
        assert full.find_element(By.CSS_SELECTOR, "#run details dl").is_displayed()
        assert not full.find_element(By.CSS_SELECTOR, "figure details").is_displayed()
    finally:
        full.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    full.execute_script("dispatchEvent(new Event('afterprint'))")
    assert full.find_elements(By.CSS_SELECTOR, "details[open]") == []
