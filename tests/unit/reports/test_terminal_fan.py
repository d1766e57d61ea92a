"""The fan chart on a terminal: what is drawn where, at every width, for balances of every size."""

from datetime import date

import pytest
from rich.text import Text

from forecast_cli.reports.terminal.fan import FanChart, near_thresholds, render_fan

ORIGIN = date(2026, 6, 30)


def chart(*, days: int = 90, scale: float = 1.0, thresholds: tuple[float, ...] = ()) -> FanChart:
    median = [scale * (100 - day) for day in range(1, 31)]
    low, high = ([value + sign * scale * 20 for value in median] for sign in (-1, 1))
    return FanChart(ORIGIN, [scale * (100 + day % 7) for day in range(days)], median, low, high, thresholds)


def drawn(what: FanChart, width: int = 80, *, ascii_only: bool = True) -> list[str]:
    return render_fan(what, width=width, ascii_only=ascii_only).plain.splitlines()


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
def test_the_chart_is_as_wide_as_asked(width: int, ascii_only: bool) -> None:
    lines = drawn(chart(), width, ascii_only=ascii_only)
    assert {len(line) for line in lines if line.strip()} == {width}
    assert "2026-06-30" in lines[-1]
    assert all(line.isascii() for line in lines) is ascii_only


def test_history_stands_left_of_the_origin_and_the_fan_right_of_it() -> None:
    lines = drawn(chart())
    origin = lines[-1].index("2026-06-30") + 4
    for line in lines[:-2]:
        assert all(abs(place) <= origin + 2 for place, glyph in enumerate(line) if glyph == "*")
        assert all(place >= origin - 2 for place, glyph in enumerate(line) if glyph in "o:")


def test_without_history_the_fan_takes_the_whole_width() -> None:
    lines = drawn(chart(days=0))
    assert not any("*" in line for line in lines)
    assert any(line[10:20].strip(" |") for line in lines[:-2])


@pytest.mark.parametrize("width", [80, 200])
def test_the_band_has_no_gaps_where_days_are_few(width: int) -> None:
    bands = [line.partition("|")[2].strip(" ") for line in drawn(chart(days=2), width)[:-2] if line.count(":") > 9]
    assert bands
    assert all(" " not in band for band in bands)


def test_a_threshold_is_a_line_across_and_one_far_away_is_not_drawn() -> None:
    what = chart(thresholds=(85.0, -5_000.0))
    assert near_thresholds(what) == [85.0]
    assert any(line.count("-") > 50 for line in drawn(what)[:-2])
    assert not any(line.count("-") > 50 for line in drawn(chart())[:-2])


@pytest.mark.parametrize("level", [1e10, -1e14, 5e12])
@pytest.mark.parametrize("move", [1.0, 1e4, 1e7])
def test_labels_differ_however_little_a_large_balance_moves(level: float, move: float) -> None:
    moves = chart(scale=move / 100)
    series = ([level + value for value in values] for values in (moves.history, moves.median, moves.low, moves.high))
    lines = drawn(FanChart(ORIGIN, *series, ()), ascii_only=False)
    labels = [line.partition("┤")[0] for line in lines if "┤" in line]
    assert 2 <= len(set(labels)) == len(labels)
    assert {len(line) for line in lines if line.strip()} == {80}


@pytest.mark.parametrize("scale", [0.0, 1e-9, 0.01, 1.0, 1e6, 1e14, -1e3])
def test_balances_of_every_size_have_a_scale_that_fits(scale: float) -> None:
    lines = drawn(chart(scale=scale), 60)
    assert {len(line) for line in lines if line.strip()} == {60}
    labels = [line.partition("+")[0].strip() for line in lines[:-2] if "+" in line.partition("|")[0]]
    assert 2 <= len(set(labels)) == len(labels)


def test_colours_are_styles_and_never_escape_codes() -> None:
    text = render_fan(chart(thresholds=(85.0,)), width=80, ascii_only=False)
    assert isinstance(text, Text)
    assert "\x1b" not in text.plain
    assert {str(span.style) for span in text.spans} != {""}


def test_one_chart_leaves_nothing_to_the_next() -> None:
    first = drawn(chart())
    drawn(chart(days=20, scale=1e6, thresholds=(85e6,)), 200)
    assert drawn(chart()) == first
