"""Charts: use the page's colours, have a text description, do not interfere with each other, and are accessible."""

import re
from pathlib import Path

import pytest
from report_samples import MODELS, sample_report

import forecast_cli.reports
from forecast_cli.evaluation.report import NO_ESTIMATE
from forecast_cli.reports.charts_fan import MOST_HISTORY, fan_chart
from forecast_cli.reports.charts_scores import error_charts, interval_charts, models_drawn, reliability_charts
from forecast_cli.reports.charts_svg import DASHES, SERIES, Ink

STYLE = (Path(forecast_cli.reports.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
LIGHT, DARK = (dict(re.findall(r"--([\w-]+): (#\w{6});", part)) for part in STYLE.split("@media")[:2])
REPORT = sample_report()


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_ink_is_a_colour_of_the_page_and_can_be_seen(scheme: dict[str, str]) -> None:
    names = {ink.name.lower().replace("_", "-") for ink in Ink}
    assert names <= scheme.keys()
    for name in ("text", "muted", "link"):
        assert contrast(scheme[name], scheme["page"]) >= 4.5, name
        assert contrast(scheme[name], scheme["raised"]) >= 4.5, name
    for name in names - {"grid"}:
        assert contrast(scheme[name], scheme["page"]) >= 3, name


def test_lines_differ_without_colour() -> None:
    assert len(set(DASHES)) == len(SERIES) == len(set(SERIES))


def test_a_line_for_every_model_on_every_chart_and_no_mark_of_the_drawing_left() -> None:
    for chart in (*error_charts(REPORT), *interval_charts(REPORT), *reliability_charts(REPORT)):
        for place in range(len(MODELS)):
            assert f"var(--series-{place + 1})" in chart.svg, chart.key
        assert "#0101" not in chart.svg
        assert not re.search(r" (style|class|on\w+|href|xmlns)=", chart.svg)
        assert all(model in chart.summary for model in MODELS)


def test_a_chart_has_the_same_bytes_every_time_and_no_ids_which_would_be_those_of_other_charts_too() -> None:
    once, again = interval_charts(REPORT), interval_charts(REPORT)
    assert [chart.svg for chart in once] == [chart.svg for chart in again]
    assert not any(re.search(r' id="|url\(#', chart.svg) for chart in once)


def test_only_as_many_models_are_drawn_as_can_be_distinguished_and_the_table_holds_all() -> None:
    report = sample_report(models=9)
    chart = error_charts(report)[0]
    assert len(models_drawn(report)) == len(SERIES)
    assert chart.table is not None
    assert len(chart.table.columns) == 1 + 9


def test_a_step_without_a_figure_is_a_gap_not_a_zero() -> None:
    unknown = [score for score in REPORT.steps if (score.step, score.model) == (30, "Naive")]
    lacking = unknown[0].model_copy(update={"metrics": {"scrps": NO_ESTIMATE}})
    steps = tuple(lacking if score in unknown else score for score in REPORT.steps)
    chart = error_charts(REPORT.model_copy(update={"steps": steps}))[0]
    assert "NaN" not in chart.svg
    assert re.search(r"Naive 0\.\d+ and –", chart.summary)


def test_a_probability_given_to_few_windows_is_neither_drawn_nor_quoted_but_stays_in_the_table() -> None:
    of_one = [each for each in REPORT.reliability if (each.model, each.days) == ("Naive", 7)]
    top = max(of_one, key=lambda each: each.predicted)
    few = top.model_copy(update={"windows": 19, "predicted": 0.99, "observed": 0.0})
    [chart] = reliability_charts(REPORT.model_copy(update={"reliability": (*of_one, few)}))
    [whole] = reliability_charts(REPORT.model_copy(update={"reliability": tuple(of_one)}))
    assert chart.svg == whole.svg
    assert chart.summary == whole.summary
    assert "given to 20 windows or more" in chart.summary
    assert chart.table is not None
    assert [row[-1].value for row in chart.table.rows][-1] == 19
    [none] = reliability_charts(REPORT.model_copy(update={"reliability": (few,)}))
    assert none.summary == "No probability was given to 20 windows or more."


def test_without_data_there_is_no_chart() -> None:
    nothing = REPORT.model_copy(update={"steps": (), "reliability": (), "leaderboard": ()})
    assert (*error_charts(nothing), *interval_charts(nothing), *reliability_charts(nothing)) == ()


def test_a_fan_is_drawn_with_its_bands_and_the_actual_balances() -> None:
    fan = REPORT.fans[0]
    chart = fan_chart(fan, key="fan")
    assert chart.svg.count('fill="var(--band)"') == len(fan.bands)
    assert 'stroke="var(--came)"' in chart.svg
    assert 'stroke="var(--known)"' in chart.svg
    assert "21 of 30 days lay outside the 80 % band" in chart.summary
    assert chart.table is not None
    assert len(chart.table.rows) == len(fan.dates)


def test_a_fan_whose_future_is_not_known_yet_claims_nothing() -> None:
    fan = REPORT.fans[0].model_copy(update={"y": (None,) * 30})
    chart = fan_chart(fan, key="fan")
    assert "came to" not in chart.summary
    assert chart.table is not None
    assert {row[1].text for row in chart.table.rows} == {"–"}


@pytest.mark.parametrize("length", [1, MOST_HISTORY + 60])
def test_a_fan_takes_any_history(length: int) -> None:
    fan = REPORT.fans[0]
    known = {"history": fan.history[-length:], "history_dates": fan.history_dates[-length:]}
    assert "<path" in fan_chart(fan.model_copy(update=known), key="fan").svg


def test_balances_of_any_size_are_drawn() -> None:
    fan = REPORT.fans[0]
    scaled = fan.model_copy(
        update={
            "history": tuple(value * 1e9 for value in fan.history),
            "median": tuple(value * 1e9 for value in fan.median),
            "bands": tuple(
                (level, tuple(value * 1e9 for value in low), tuple(value * 1e9 for value in high))
                for level, low, high in fan.bands
            ),
        }
    )
    assert re.search(r">\d[.\d]*T<", fan_chart(scaled, key="fan").svg)
    still = fan.model_copy(update={"history": (0.0,) * len(fan.history), "median": (0.0,) * 30, "bands": ()})
    assert "NaN" not in fan_chart(still, key="fan").svg


@pytest.mark.parametrize(
    ("level", "step", "labels"),
    [(0.002, 0.0001, [">0.0022<", ">0.0024<"]), (1e6, 1e3, [">1.002M<", ">1.004M<"])],
)
def test_labels_of_an_axis_have_all_their_decimals(level: float, step: float, labels: list[str]) -> None:
    fan = REPORT.fans[0]
    history = tuple(level + step * (day % 5) for day in range(len(fan.history)))
    flat = {"history": history, "median": (level,) * 30, "bands": (), "y": (None,) * 30}
    svg = fan_chart(fan.model_copy(update=flat), key="fan").svg
    assert [label for label in labels if label not in svg] == []


def test_a_balance_of_nothing_has_no_unit() -> None:
    fan = REPORT.fans[0]
    around = {"history": tuple(20_000.0 * (-1) ** day for day in range(len(fan.history))), "bands": ()}
    svg = fan_chart(fan.model_copy(update=around), key="fan").svg
    assert ">20k<" in svg
    assert ">0<" in svg
