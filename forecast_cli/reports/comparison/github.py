"""Verdict of the gate as workflow commands of GitHub Actions, which become annotations on a build.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from typing import Final

from forecast_cli.evaluation.gate import Comparison
from forecast_cli.reports.comparison.words import check_sentence, made_from_line, title, verdict_line
from forecast_cli.reports.escape import printable

_TITLE: Final = "forecast-cli compare"


def render_comparison_github(comparison: Comparison) -> str:
    """Return an error command for each failed check, and a notice with the verdict."""
    errors = [_command("error", check_sentence(check, comparison)) for check in comparison.failed]
    lines = (verdict_line(comparison), title(comparison), made_from_line(comparison))
    notice = _command("notice", "; ".join(filter(None, lines)))
    return "".join(f"{command}\n" for command in [*errors, notice])


def render_error_github(message: str) -> str:
    """Return the error command for a gate that could not compare."""
    return f"{_command('error', printable(message))}\n"


def _command(kind: str, message: str) -> str:
    """Return one workflow command; line ends and percent signs are escaped as the runner requires."""
    escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::{kind} title={_TITLE}::{escaped}"
