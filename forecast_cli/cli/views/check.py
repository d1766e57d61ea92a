"""Result of ``check``: what is wrong with an output folder, and what to do about it."""

import shlex
from collections.abc import Sequence
from typing import Any, NoReturn

from rich.console import Group

from forecast_cli.cli.messages import Log
from forecast_cli.core.text import counted
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import size
from forecast_cli.reports.terminal.layout import Column, aligned, line, section, sections
from forecast_cli.store.check import Damage
from forecast_cli.store.layout import RENDERED, RUNNING, SUCCESS
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
    """Return how to repair the output; a run never replaces files that it did not write, so these have to go first."""
    foreign = [damage for damage in report.damages if damage.foreign]
    others = [damage for damage in report.damages if not damage.foreign]
    move = ["move away the files that this run did not write"] if foreign else []
    return ", then ".join([*move, *([_repair(report, others)] if others else [])])


def _repair(report: CheckReport, damages: Sequence[Damage]) -> str:
    """Return how to repair files of the run: reports are rendered again, all else is computed again where it has to."""
    if {damage.path for damage in damages} <= set(RENDERED):
        return f"render it again: forecast-cli report {printable(shlex.quote(str(report.output)))}"
    again = f"run the {report.command} command that wrote it again"
    return again if all(map(_is_mended_by_the_same_command, damages)) else f"{again}, with --force"


def _is_mended_by_the_same_command(damage: Damage) -> bool:
    return damage.path == RUNNING or (damage.path == SUCCESS and damage.problem.startswith("missing"))


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
        "damages": [{"path": damage.path, "problem": damage.problem} for damage in report.damages],
    }
