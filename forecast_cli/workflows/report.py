"""The reports of a backtest: written with it, and again whenever asked."""

from pathlib import Path
from typing import Final

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.evaluation.report import Report
from forecast_cli.reports.html import render_html
from forecast_cli.reports.jsonfile import read_report, render_json
from forecast_cli.reports.markdown import render_markdown
from forecast_cli.store.atomic import write_whole
from forecast_cli.store.layout import MANIFEST, REPORTS
from forecast_cli.store.lock import holding
from forecast_cli.store.manifest import FileEntry
from forecast_cli.store.read import read_manifest
from forecast_cli.store.staging import write_text

REPORT_JSON: Final = REPORTS[0]


def run_report(output: Path) -> tuple[FileEntry, ...]:
    """Render the reports of a finished backtest again, from its ``report.json``; return what was written.

    Raises CheckFailedError where the folder holds no finished backtest or a damaged one, OutputBusyError, or
    OutputNotWrittenError. The manifest is written last and knows the new files.
    """
    read_manifest(output)
    with holding(output):
        manifest = read_manifest(output)
        written = write_reports(_read(output), output)
        others = tuple(entry for entry in manifest.files if entry.path not in REPORTS)
        renewed = manifest.model_copy(update={"files": (*others, *written)})
        write_whole(output / MANIFEST, renewed.model_dump_json(indent=2).encode() + b"\n")
    return written


def write_reports(report: Report, output: Path) -> tuple[FileEntry, ...]:
    """Write ``report.json``, ``report.html`` and ``report.md``."""
    rendered = (render_json(report), render_html(report), render_markdown(report))
    return tuple(write_text(text, output, name) for text, name in zip(rendered, REPORTS, strict=True))


def _read(output: Path) -> Report:
    try:
        return read_report((output / REPORT_JSON).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckFailedError(
            f"{output}: holds no {REPORT_JSON}", "only a backtest has reports: forecast-cli backtest INPUT --output DIR"
        ) from None
