"""Rendering of ``report.html``: one file that loads nothing and runs only its own script, which sorts tables."""

import base64
import hashlib
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from forecast_cli.evaluation.report import Report
from forecast_cli.reports.charts_svg import skip_validation
from forecast_cli.reports.html_parts import Swatch
from forecast_cli.reports.html_view import view_of

_TEMPLATES: Final = "templates"
_PAGE: Final = "report.html.jinja"
_STYLE: Final = "report.css"
_SCRIPT: Final = "sort.js"


def render_html(report: Report) -> str:
    """Return the report as an HTML page; all data is escaped, and a content security policy blocks anything active."""
    files = PackageLoader("forecast_cli.reports", _TEMPLATES)
    pages = Environment(
        loader=files,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["no_break_percent"] = no_break_percent
    style, script = (Markup(files.get_source(pages, name)[0]) for name in (_STYLE, _SCRIPT))  # noqa: S704 - our own
    with skip_validation():
        view = view_of(report)
    return pages.get_template(_PAGE).render(
        view=view, style=style, script=script, policy=content_policy(style, script), swatch=swatch_svg
    )


def content_policy(style: str, script: str) -> str:
    """Return the content security policy that allows only this style sheet and this script."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def swatch_svg(swatch: Swatch) -> Markup:
    """Return a short line as the charts draw it, for the key."""
    line = Markup('<line x1="0" y1="5" x2="32" y2="5" stroke="var(--{})" stroke-width="{}" stroke-dasharray="{}"/>')
    return Markup('<svg aria-hidden="true" viewBox="0 0 32 10">{}</svg>').format(
        line.format(swatch.ink, swatch.width, " ".join(map(str, swatch.dash)))
    )


def no_break_percent(text: str) -> str:
    """Return ``text`` with no-break spaces before percent signs."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
