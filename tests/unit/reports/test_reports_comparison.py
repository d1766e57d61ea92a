"""The result of the gate as text: readable figures of any size, and a sentence for every outcome of a check."""

import math
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from forecast_cli.evaluation.gate import (
    Check,
    Comparison,
    CoverageCheck,
    ErrorCheck,
    Pair,
    TailCheck,
    Verdict,
    WindowsCheck,
)
from forecast_cli.evaluation.report import Estimate
from forecast_cli.reports.comparison.github import render_comparison_github, render_error_github
from forecast_cli.reports.comparison.junit import render_error_junit
from forecast_cli.reports.comparison.values import comparison_values
from forecast_cli.reports.comparison.words import (
    CheckLine,
    check_line,
    check_sentence,
    ending,
    hidden_checks_line,
    shown_checks,
    title,
    verdict_line,
)

PAIR = Pair("MSTL(30)", "Naive")
NAN = Estimate(value=math.nan, low=math.nan, high=math.nan)


def error_check(base: float, new: float, change: Estimate, verdict: Verdict = Verdict.FAILED) -> ErrorCheck:
    return ErrorCheck(PAIR, None, None, 1, 1234, base, new, change, 0.005, verdict)


def comparison_of(*checks: Check) -> Comparison:
    return Comparison((PAIR,), (), (), "mae", 1, 1234, checks)


def line_of(check: Check) -> CheckLine:
    return check_line(check, comparison_of(check))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.645, "0.6450"), (1.028, "1.028"), (0.0, "0.000"), (999.94, "999.9"), (1234567.8, "1,234,568"), (math.nan, "-")],
)
def test_errors_have_four_digits_and_no_exponent(value: float, shown: str) -> None:
    assert line_of(error_check(value, 1.0, NAN)).base == shown


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (Estimate(value=0.0312, low=-0.0001, high=0.0648), "+3.1 % (0.0 to +6.5 %)"),
        (Estimate(value=-0.2, low=math.nan, high=math.nan), "-20.0 %"),
        (Estimate(value=math.inf, low=math.inf, high=math.inf), "not known"),
        (NAN, "not known"),
    ],
)
def test_a_change_has_its_interval_and_no_sign_where_it_rounds_to_nothing(change: Estimate, shown: str) -> None:
    assert line_of(error_check(1.0, 1.0, change)).change == shown


def test_a_sentence_says_what_was_found_and_what_is_allowed() -> None:
    check = error_check(1.0, 1.1, Estimate(value=0.1, low=0.05, high=0.15))
    said = (
        "mae, all windows: 1.000 -> 1.100, +10.0 % (+5.0 to +15.0 %); up to +0.5 % allowed, 1,234 windows of 1 account"
    )
    assert check_sentence(check, comparison_of(check)) == said


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (WindowsCheck(PAIR, 5, 0, Verdict.PASSED), "windows scored: all 5 windows of BASE"),
        (
            WindowsCheck(PAIR, 5, 1, Verdict.FAILED),
            "windows scored: no score in NEW for 1 window of BASE",
        ),
        (WindowsCheck(PAIR, 0, 0, Verdict.FAILED), "windows scored: no window has a score in both BASE and NEW"),
        (
            CoverageCheck(PAIR, 99.5, NAN, NAN, (0.98, 1.0), base_outside=True, verdict=Verdict.FAILED),
            "coverage of 99.5 % intervals: - -> -; 98 % to 100 % allowed; BASE is outside as well",
        ),
        (
            TailCheck(PAIR, 2.0, 0.03, 0.01, Estimate(value=0.02, low=0.005, high=0.04), 0.01, Verdict.FAILED),
            "windows over 2x the other's mae: 1.0 % of BASE, 3.0 % of NEW; "
            "2.0 % (0.5 to 4.0 %) more, up to 1 % allowed",
        ),
    ],
)
def test_every_check_has_a_sentence(check: Check, said: str) -> None:
    assert check_sentence(check, comparison_of(check)) == said


def test_skipped_checks_are_counted_separately() -> None:
    passed = WindowsCheck(PAIR, 5, 0, Verdict.PASSED)
    small = error_check(1.0, 1.0, NAN, Verdict.SKIPPED)
    assert verdict_line(comparison_of(passed, small)) == "1 check passed; 1 segment too small to say"
    assert ending(comparison_of(passed, small, WindowsCheck(PAIR, 0, 0, Verdict.FAILED))) == "1 of 2 checks failed"


def test_what_could_not_be_had_is_null_in_json() -> None:
    [found] = comparison_values(comparison_of(error_check(0.0, 1.0, NAN)))["checks"]
    assert found["change"] == {"value": None, "low": None, "high": None}
    assert found["base"] == 0.0


def test_a_workflow_command_stays_one_line() -> None:
    check = error_check(1.0, 1.0, NAN)
    lines = render_comparison_github(Comparison((Pair("a\r\nb", "100%"),), (), (), "mae", 1, 1, (check,))).splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("a\\r\\nb in BASE, 100%25 in NEW: 1 window of 1 account")


def test_several_pairs_are_shown_separately_without_their_passed_segments() -> None:
    change = Estimate(value=0.1, low=0.05, high=0.15)
    other = Pair("Naive", "Naive")
    checks = tuple(
        replace(error_check(1.0, 1.1, change, verdict), pair=pair, segment=segment, value=segment and "long")
        for pair in (PAIR, other)
        for segment, verdict in ((None, Verdict.PASSED), ("tenure", Verdict.PASSED), ("tenure", Verdict.FAILED))
    )
    found = Comparison((PAIR, other), ("AutoETS",), (), "mae", 1, 1234, checks)
    assert title(found) == ("MSTL(30) in BASE, Naive in NEW, Naive: 1,234 windows of 1 account; AutoETS in BASE only")
    assert [check_line(check, found).name for check in shown_checks(found)] == [
        "MSTL(30) in BASE, Naive in NEW: mae",
        "MSTL(30) in BASE, Naive in NEW: tenure = long",
        "Naive: mae",
        "Naive: tenure = long",
    ]
    assert hidden_checks_line(found).startswith("2 segments passed, 0 too small to say")
    assert check_sentence(checks[5], found).startswith("Naive: mae, tenure = long: 1.000 -> 1.100")


def test_an_error_is_a_valid_report_of_a_build() -> None:
    [suite] = ET.fromstring(render_error_junit("a <b> & \ufffe"))  # noqa: S314  of our own making
    assert (suite.get("errors"), suite[0][0].tag, suite[0][0].get("message")) == ("1", "error", "a <b> & \\ufffe")
    assert render_error_github("100 %\nmore") == "::error title=forecast-cli compare::100 %25\\nmore\n"
