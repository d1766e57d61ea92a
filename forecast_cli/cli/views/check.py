"""Result of ``check``: what is wrong with an output folder, and what to do about it."""

from dataclasses import asdict
from typing import Any, NoReturn

from rich.console import Group

from forecast_cli.cli.messages import Log
from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import size
from forecast_cli.reports.terminal.layout import Column, aligned, line, section, sections
from forecast_cli.store.layout import RENDERED
from forecast_cli.workflows.results import CheckReport


def end_check(log: Log, report: CheckReport, *, quiet: bool) -> NoReturn:
    """Show whether an output is undamaged and exit."""
    log.summarize(render_check(report), quiet=quiet)
    log.leave(report.exit_code, _describe_end(report), _hint(report), _values(report))


def render_check(report: CheckReport) -> Group:
    """Return what was checked, and all damages."""
    contents = f"{counted(report.files, 'file')} ({size(report.bytes)}), {counted(report.accounts, 'account')}"
    summary = f"{printable(report.output)}: {contents}, {counted(report.forecast_rows, 'forecast row')}"
    if not report.damages:
        return sections(line(f"{summary}: as the manifest says", "green"))
    rows = [(printable(damage.path), printable(damage.problem)) for damage in report.damages]
    return sections(line(summary), section("Damaged", aligned((Column(wraps=True), Column(wraps=True)), rows)))


def _hint(report: CheckReport) -> str:
    """Return how to repair the output: reports can be rendered again, anything else has to be computed again."""
    if {damage.path for damage in report.damages} <= set(RENDERED):
        return f"render it again: forecast-cli report {printable(report.output)}"
    return f"run the {report.command} command that wrote it again, with --force"


def _describe_end(report: CheckReport) -> str:
    """Return in one line whether the output is undamaged."""
    problems = len(report.damages)
    return f"{report.output}: {counted(problems, 'problem') if problems else 'as the manifest says'}"


def _values(report: CheckReport) -> dict[str, Any]:
    """Return the fields for the last line of a log."""
    return {
        "counts": {
            "accounts": report.accounts,
            "forecast_rows": report.forecast_rows,
            "files": report.files,
            "problems": len(report.damages),
        },
        "manifest": str(report.output / "manifest.json"),
        "damages": [asdict(damage) for damage in report.damages],
    }
