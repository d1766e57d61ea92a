"""Reports of a backtest: written with it, and rendered again on request."""

from pathlib import Path
from typing import Final

from forecast_cli.evaluation.report import Report
from forecast_cli.reports.report_json import read_report, render_json
from forecast_cli.store.atomic import write_whole
from forecast_cli.store.check import refuse_damaged, success_content
from forecast_cli.store.layout import MANIFEST, RENDERED, REPORTED, REPORTS, SUCCESS
from forecast_cli.store.lock import output_lock
from forecast_cli.store.manifest import FileEntry, Manifest, manifest_content, read_manifest_of
from forecast_cli.store.permissions import created_with, mode_of
from forecast_cli.store.tables import write_text

REPORT_JSON: Final = REPORTS[0]


def run_report(output: Path) -> tuple[FileEntry, ...]:
    """Render the reports of the finished backtest or score in ``output`` again, from its ``report.json``.

    Returns the manifest entries of the files written. The manifest is updated after the files, and ``_SUCCESS`` after
    it.

    Raises OutputConflictError if the folder holds a run of another command, CheckFailedError if it holds no finished
    run or ``report.json`` is damaged, OutputBusyError if a run is writing there, and OutputNotWrittenError.
    """
    read_manifest_of(REPORTED, output)
    with created_with(mode_of(output / MANIFEST)), output_lock(output):
        manifest = read_manifest_of(REPORTED, output)
        written = render_reports(_read(output, manifest), output)
        renewed = {entry.path: entry for entry in written}
        files = tuple(renewed.get(entry.path, entry) for entry in manifest.files)
        write_whole(output / MANIFEST, manifest_content(manifest.model_copy(update={"files": files})))
        write_whole(output / SUCCESS, success_content(output))
    return written


def start_chart_engine() -> None:
    """Import and start the chart engine; that takes longer than drawing, and can be done while workers run."""
    from forecast_cli.reports.charts_svg import start_engine

    start_engine()


def write_reports(report: Report, output: Path) -> tuple[FileEntry, ...]:
    """Write ``report.json``, ``report.html`` and ``report.md``, and return their manifest entries."""
    return (write_text(render_json(report), output, REPORT_JSON), *render_reports(report, output))


def render_reports(report: Report, output: Path) -> tuple[FileEntry, ...]:
    """Write ``report.html`` and ``report.md``, and return their manifest entries."""
    from forecast_cli.reports.html import render_html
    from forecast_cli.reports.markdown import render_markdown

    rendered = (render_html(report), render_markdown(report))
    return tuple(write_text(text, output, name) for text, name in zip(rendered, RENDERED, strict=True))


def _read(output: Path, manifest: Manifest) -> Report:
    """Return the report as the run wrote it; raise CheckFailedError if ``report.json`` was changed since."""
    own = (entry for entry in manifest.files if entry.path == REPORT_JSON)
    refuse_damaged(output, own, "write it again, with --force")
    return read_report((output / REPORT_JSON).read_text(encoding="utf-8"))
