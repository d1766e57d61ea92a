"""Verdict of the gate as JUnit XML, which most CI systems show as a test report: one test case for each check."""

import re
from collections.abc import Mapping
from typing import Final
from xml.etree import ElementTree as ET

from forecast_cli.evaluation.gate import Check, Comparison, Verdict
from forecast_cli.reports.comparison.words import check_name, check_sentence, made_from_line, title
from forecast_cli.reports.escape import printable

_SUITE: Final = "forecast-cli compare"
#: Characters that XML 1.0 forbids and ``printable`` does not escape.
_NO_CHARACTERS: Final = re.compile("[\ufffe\uffff]")


def render_comparison_junit(comparison: Comparison) -> str:
    """Return the test report of a comparison."""
    counts = {
        "tests": len(comparison.checks),
        "failures": len(comparison.failed),
        "errors": 0,
        "skipped": sum(check.verdict is Verdict.SKIPPED for check in comparison.checks),
    }
    root, suite = _suite(counts)
    for check in comparison.checks:
        _add_case(suite, check, comparison)
    lines = (title(comparison, quote=_text), made_from_line(comparison, quote=_text))
    ET.SubElement(suite, "system-out").text = "\n".join(filter(None, lines))
    return _document(root)


def render_error_junit(message: str) -> str:
    """Return the test report of a gate that could not compare: one test case with an error."""
    root, suite = _suite({"tests": 1, "failures": 0, "errors": 1, "skipped": 0})
    case = ET.SubElement(suite, "testcase", {"classname": _SUITE, "name": "comparison"})
    ET.SubElement(case, "error", {"message": _text(message)})
    return _document(root)


def _suite(counts: Mapping[str, int]) -> tuple[ET.Element, ET.Element]:
    totals = {name: str(count) for name, count in counts.items()}
    root = ET.Element("testsuites", totals)
    return root, ET.SubElement(root, "testsuite", {"name": _SUITE, **totals})


def _document(root: ET.Element) -> str:
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _add_case(suite: ET.Element, check: Check, comparison: Comparison) -> None:
    name = check_name(check, comparison, quote=_text)
    case = ET.SubElement(suite, "testcase", {"classname": _SUITE, "name": name})
    sentence = check_sentence(check, comparison, quote=_text)
    match check.verdict:
        case Verdict.FAILED:
            ET.SubElement(case, "failure", {"message": sentence})
        case Verdict.SKIPPED:
            ET.SubElement(case, "skipped", {"message": f"too few accounts to say: {sentence}"})
        case Verdict.PASSED:
            ET.SubElement(case, "system-out").text = sentence


def _text(value: object) -> str:
    return _NO_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(value))
