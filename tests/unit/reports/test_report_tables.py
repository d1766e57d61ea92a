"""Tables of a report: readable figures, and a note wherever something is left out."""

import math
import re

import pytest
from report_samples import empty_report, hostile_report, sample_report

from forecast_cli.evaluation.report import Estimate
from forecast_cli.reports import tables_alarms, tables_run, tables_scores, tables_segments
from forecast_cli.reports.tables import (
    Cell,
    Column,
    build_table,
    cpu,
    estimate,
    money,
    scaled_cell,
    share,
    share_estimate,
)
from forecast_cli.reports.tables_scores import skill_cell


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (share(0.8041), "80.4 %"),
        (share(1.0), "100.0 %"),
        (share(0.99999), "> 99.9 %"),
        (share(0.00001), "< 0.1 %"),
        (share(-0.00001), "> -0.1 %"),
        (share(0.0), "0.0 %"),
        (share(-0.25), "-25.0 %"),
        (share(math.nan), "–"),
        (scaled_cell(0.61349), "0.613"),
        (scaled_cell(12_345.6), "12,346"),
        (scaled_cell(math.inf), "–"),
        (money(-1234.5), "-1,234.50"),
        (money(0.0012), "0.0012"),
        (money(math.nan), "–"),
        (cpu(0.0234), "23.4 ms"),
        (cpu(0.00041), "0.41 ms"),
        (cpu(2.34), "2.3 s"),
        (cpu(math.nan), "–"),
        (estimate(None), "–"),
    ],
)
def test_figures(cell: Cell, text: str) -> None:
    assert cell.text == text
    assert (cell.value is None) == (text == "–")


def test_an_interval_stands_beside_its_figure_and_only_where_there_is_one() -> None:
    assert share_estimate(Estimate(value=0.185, low=0.159, high=0.21)).note == "15.9 to 21.0"
    assert estimate(Estimate(value=0.6, low=math.nan, high=math.nan)) == Cell("0.600", 0.6, "–")
    assert estimate(Estimate(value=math.nan, low=math.nan, high=math.nan)) == Cell("–")


def test_the_seasonal_naive_is_the_reference_of_its_own_skill() -> None:
    assert skill_cell(Estimate(value=0.0, low=0.0, high=0.0)) == Cell("0.0 %", 0.0, "the reference")
    assert skill_cell(Estimate(value=0.0, low=-0.1, high=0.1)).note == "-10.0 to 10.0"
    assert skill_cell(Estimate(value=0.0, low=math.nan, high=math.nan)).note == "the reference"
    assert skill_cell(None) == Cell("–")


def test_the_number_of_rows_left_out_is_shown() -> None:
    table = build_table("k", "caption", [Column("x")], [(Cell(str(row)),) for row in range(1_234)], most=10)
    assert len(table.rows) == 10
    assert table.note == "The first 10 of 1,234 rows; report.json holds them all."


def test_every_row_has_a_cell_for_every_column() -> None:
    for report in (sample_report(), hostile_report(), empty_report()):
        for table in (
            tables_scores.leaderboard_table(report),
            tables_scores.metrics_table(report),
            tables_scores.levels_table(report),
            tables_segments.segments_table(report),
            tables_segments.segments_table(report, model="Naive"),
            tables_scores.step_figures_table(report, model="Naive", most=12),
            tables_segments.currencies_table(report),
            tables_segments.low_balance_table(report),
            tables_segments.low_balance_segments_table(report, model="Naive"),
            tables_alarms.alarms_table(report),
            tables_alarms.alarms_table(report, model="Naive"),
            tables_alarms.dates_table(report),
            tables_run.accounts_table(report.facts),
            tables_run.facts_table(report.facts),
            tables_run.problems_table(report),
        ):
            assert {len(row) for row in table.rows} <= {len(table.columns)}


def test_the_riskiest_windows_are_shown_with_precision_and_lead_time() -> None:
    table = tables_alarms.alarms_table(sample_report(), model="Naive")
    assert [column.title for column in table.columns] == [
        *("Model", "Threshold", "Days", "Windows", "Given", "Came"),
        *("Top 1 %", "Lift", "Caught", "Lead, days", "Top 5 %", "Lift", "Caught", "Lead, days"),
    ]
    assert [cell.text for cell in table.rows[0][:6]] == ["Naive", "p10", "7", "2,210", "7.8 %", "7.1 %"]
    assert (table.rows[0][9].text, table.rows[0][9].note) == ("3", "1 to 3.5")
    first = tables_alarms.alarms_table(sample_report(), model="MSTL(30)").rows[0]
    assert first[9].text == "–"


def test_the_levels_shown_are_those_requested_or_all_that_were_scored() -> None:
    report = sample_report()
    assert tables_scores.levels_shown(report) == (80.0, 95.0)
    silent = report.model_copy(update={"facts": report.facts.model_copy(update={"settings": {}})})
    assert tables_scores.levels_shown(silent) == (20.0, 40.0, 60.0, 80.0, 95.0)


def test_the_level_shown_where_there_is_room_for_one_is_the_nearest_to_80() -> None:
    assert tables_scores.default_level((50.0, 90.0, 99.0)) == 90.0
    assert tables_scores.default_level(()) is None


def test_accounts_are_listed_from_the_best_status_to_the_worst_and_add_up() -> None:
    table = tables_run.accounts_table(sample_report().facts)
    assert [row[0].text for row in table.rows] == ["ok", "fallback", "skipped", "failed"]
    assert table.caption == "881 accounts of the input, by status"


def test_reasons_are_listed_with_the_most_frequent_first() -> None:
    counts = [row[0].value for row in tables_run.problems_table(sample_report()).rows]
    assert counts == [41, 19, 9]


def test_the_reason_of_several_accounts_is_worded_like_that_of_one() -> None:
    report = sample_report()
    problem = report.problems[0]
    alone = problem.model_copy(update={"count": 1, "examples": problem.examples[:1]})
    for told, expected in ((problem, f"e.g. acc-0000100: {problem.message}"), (alone, problem.message)):
        [row] = tables_run.problems_table(report.model_copy(update={"problems": (told,)})).rows
        assert row[4].text == expected


def test_a_lift_has_one_decimal() -> None:
    table = tables_alarms.alarms_table(sample_report())
    lifts = [place for place, column in enumerate(table.columns) if column.title == "Lift"]
    assert lifts
    shown = [text for row in table.rows for place in lifts for text in (row[place].text, row[place].note)]
    assert all(re.fullmatch(r"[\d,]+\.\d( to [\d,]+\.\d)?|–", text) for text in shown)


@pytest.mark.parametrize(("error", "reason"), [("TooShort", "why"), ("ValueError", "ValueError: why")])
def test_an_account_that_is_too_short_is_reported_without_the_name_of_an_error(error: str, reason: str) -> None:
    report = sample_report()
    problem = report.problems[0].model_copy(update={"error": error, "message": "why", "count": 1})
    [row] = tables_run.problems_table(report.model_copy(update={"problems": (problem,)})).rows
    assert row[4].text == reason


def test_the_segments_of_one_model_are_its_own() -> None:
    report = sample_report(segments=20)
    assert len(tables_segments.segments_table(report, model="Naive").rows) == 20
    assert len(tables_segments.segments_table(report).rows) == 80


def test_models_of_a_segment_stand_as_on_the_leaderboard() -> None:
    report = sample_report(segments=2)
    ranked = [score.model for score in report.leaderboard]
    mixed = report.model_copy(update={"segments": tuple(sorted(report.segments, key=lambda row: row.model))})
    rows = tables_segments.segments_table(mixed).rows
    assert [row[2].text for row in rows] == ranked * 2


def test_parts_of_the_windows_are_shown_with_their_intervals() -> None:
    report = sample_report()
    titles = ["sCRPS", "MASE", "RMSSE", "In 80 %", "In 95 %", "Width 80", "Bias"]
    for table in (
        tables_scores.step_figures_table(report, model="Naive", most=7),
        tables_segments.segments_table(report, model="Naive"),
    ):
        places = [place for place, column in enumerate(table.columns) if column.title in titles]
        assert [table.columns[place].title for place in places] == titles
        assert all(" to " in row[place].note for row in table.rows for place in places)


@pytest.mark.parametrize(("most", "days"), [(5, [1, 8, 15, 23, 30]), (2, [1, 30]), (40, list(range(1, 31)))])
def test_a_few_days_are_the_first_the_last_and_some_between(most: int, days: list[int]) -> None:
    assert list(tables_scores.days_shown(sample_report(), most)) == days


def test_means_in_several_currencies_are_given_by_currency_and_the_report_says_why() -> None:
    report = sample_report()
    told = [column.title for column in tables_scores.metrics_table(report).columns]
    assert {"MAE", "RMSE", "CRPS", "Mean error", "WAPE"} <= set(told)
    assert tables_segments.currencies_table(report).rows == ()
    settings = report.facts.settings | {"currency_col": "account_type"}
    facts = report.facts.model_copy(update={"currencies": ("CZK", "EUR"), "settings": settings})
    mixed = report.model_copy(update={"facts": facts})
    table = tables_scores.metrics_table(mixed)
    assert not {"MAE", "RMSE", "CRPS", "Mean error", "WAPE"} & {column.title for column in table.columns}
    assert table.note.startswith("Balances are in 2 currencies (CZK, EUR): ")
    assert {row[0].text for row in tables_segments.currencies_table(mixed).rows} == {"account_type"}
