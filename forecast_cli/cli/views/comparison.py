"""Result of ``compare``: the comparison on stdout in the requested format, and which check of the gate failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn, assert_never

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.gate import CompareFormat
from forecast_cli.cli.streams import columns, show, write_out
from forecast_cli.core.errors import ForecastCliError
from forecast_cli.evaluation.gate import Comparison, CoverageCheck
from forecast_cli.reports.comparison.github import render_comparison_github, render_error_github
from forecast_cli.reports.comparison.junit import render_comparison_junit, render_error_junit
from forecast_cli.reports.comparison.markdown import render_comparison_markdown
from forecast_cli.reports.comparison.values import comparison_values
from forecast_cli.reports.comparison.words import check_sentence, ending, verdict_line
from forecast_cli.reports.json_text import document
from forecast_cli.reports.terminal.comparison import render_comparison
from forecast_cli.workflows.compare import GateReport

_HINT = "if the change is intended, make NEW the baseline; to allow more, see: forecast-cli compare --help"
_WIDEN = "; BASE's coverage is outside the band too, set another with --coverage-band"


@contextmanager
def reporting_errors(format: CompareFormat) -> Iterator[None]:  # noqa: A002
    """Write an error also in the format of a build report, so that the build shows why there is no comparison."""
    try:
        yield
    except ForecastCliError as error:
        match format:
            case CompareFormat.GITHUB:
                write_out(render_error_github(str(error)))
            case CompareFormat.JUNIT:
                write_out(render_error_junit(str(error)))
            case CompareFormat.TABLE | CompareFormat.JSON | CompareFormat.MD:
                pass
            case _:
                assert_never(format)
        raise


def end_comparison(log: Log, report: GateReport, format: CompareFormat) -> NoReturn:  # noqa: A002
    """Show the comparison and exit with the code of the gate."""
    _show(report.comparison, format)
    fields = {
        "base": str(report.request.base),
        "new": str(report.request.new),
        "counts": _counts(report.comparison),
        "failed": [check_sentence(check, report.comparison, quote=str) for check in report.comparison.failed],
    }
    log.leave(report.exit_code, _message(report.comparison), _hint(report.comparison), fields)


def _hint(comparison: Comparison) -> str:
    outside = any(isinstance(check, CoverageCheck) and check.base_outside for check in comparison.failed)
    return f"{_HINT}{_WIDEN}" if outside else _HINT


def _show(comparison: Comparison, format: CompareFormat) -> None:  # noqa: A002
    match format:
        case CompareFormat.TABLE:
            show(render_comparison(comparison, width=columns()))
        case CompareFormat.JSON:
            write_out(document(comparison_values(comparison)))
        case CompareFormat.MD:
            write_out(render_comparison_markdown(comparison))
        case CompareFormat.GITHUB:
            write_out(render_comparison_github(comparison))
        case CompareFormat.JUNIT:
            write_out(render_comparison_junit(comparison))
        case _:
            assert_never(format)


def _message(comparison: Comparison) -> str:
    """Return the verdict, and the first check that failed."""
    if not comparison.failed:
        return verdict_line(comparison)
    return f"{ending(comparison)}: {check_sentence(comparison.failed[0], comparison, quote=str)}"


def _counts(comparison: Comparison) -> dict[str, int]:
    return {
        "accounts": comparison.accounts,
        "windows": comparison.windows,
        "checks": len(comparison.checks),
        "failed": len(comparison.failed),
    }
