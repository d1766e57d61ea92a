"""Tables on a terminal."""

from io import StringIO

import pytest
from rich.console import Console, RenderableType

from forecast_cli.reports.terminal.layout import Column, Indented, aligned, ruled

LARGE = "-12,345,678,901,234.56"


def lines_of(renderable: RenderableType, *, width: int) -> list[str]:
    page = StringIO()
    Console(file=page, width=width).print(renderable, crop=False)
    return [line.rstrip() for line in page.getvalue().splitlines()]


@pytest.mark.parametrize("width", [20, 40, 200])
def test_a_number_and_its_title_are_never_cut_off(width: int) -> None:
    columns = (Column("under"), Column(" within\n days", "right"), Column(" low", "right"))
    rows = [("0", " 7", f" {LARGE}"), ("", " 14", f" {LARGE}")]
    lines = lines_of(Indented(ruled(columns, rows)), width=width)
    assert [line.split() for line in lines[-2:]] == [["0", "7", LARGE], ["14", LARGE]]
    assert [line.split() for line in lines[:2]] == [["within"], ["under", "days", "low"]]
    assert [line.split() for line in lines_of(aligned(columns, rows), width=width)[:1]] == [["0", "7", LARGE]]


def test_text_is_wrapped_between_words_before_a_table_gets_wider_than_the_terminal() -> None:
    columns = (Column("what", wraps=True), Column(" amount", "right"))
    lines = lines_of(ruled(columns, [("one two three four", f" {LARGE}")]), width=35)
    assert max(map(len, lines)) <= 35
    assert [line.split()[0] for line in lines[2:]] == ["one", "three"]
