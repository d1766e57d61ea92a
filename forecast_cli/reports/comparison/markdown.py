"""Verdict of the gate as Markdown, for a comment on a pull request."""

from typing import Final

from forecast_cli.evaluation.gate import Comparison, Verdict
from forecast_cli.reports.comparison.words import (
    CheckLine,
    check_line,
    check_sentence,
    hidden_checks_line,
    made_from_line,
    shown_checks,
    title,
    verdict_line,
)
from forecast_cli.reports.markdown_text import escape_markdown

_SIGNS: Final = {Verdict.PASSED: "passed", Verdict.FAILED: "**failed**", Verdict.SKIPPED: "too small"}


def render_comparison_markdown(comparison: Comparison) -> str:
    """Return the verdict, the failed checks, and a table of the checks."""
    failed = [f"- {check_sentence(check, comparison, quote=escape_markdown)}" for check in comparison.failed]
    rows = [_row(check_line(check, comparison, quote=escape_markdown)) for check in shown_checks(comparison)]
    untold = hidden_checks_line(comparison)
    made_from = made_from_line(comparison, quote=escape_markdown)
    return "\n".join(
        [
            f"### forecast-cli compare: {verdict_line(comparison)}",
            "",
            title(comparison, quote=escape_markdown),
            "",
            *([made_from, ""] if made_from else []),
            *([*failed, ""] if failed else []),
            "| check | BASE | NEW | change | allowed | verdict |",
            "|---|---:|---:|---:|---:|---|",
            *rows,
            *(["", untold] if untold else []),
            "",
        ]
    )


def _row(line: CheckLine) -> str:
    cells = (line.name, line.base, line.new, line.change, line.allowed, _SIGNS[line.verdict])
    return f"| {' | '.join(cells)} |"
