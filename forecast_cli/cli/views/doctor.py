"""Result of ``doctor``: the checks, their outcomes, and what to do."""

from dataclasses import asdict
from typing import Final, NoReturn

from rich.text import Text

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.views.result import write_result
from forecast_cli.reports.escape import printable
from forecast_cli.reports.terminal.layout import Column, Indented, aligned
from forecast_cli.workflows.doctor import Diagnosis, Health, Sign

_STYLES: Final = {Health.OK: "green", Health.WARN: "yellow", Health.FAIL: "red"}


def end_doctor(log: Log, diagnosis: Diagnosis, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show the diagnosis and exit with its code."""
    values = {"exit_code": diagnosis.exit_code, "signs": [asdict(sign) for sign in diagnosis.signs]}
    write_result(format, values, lambda: render_diagnosis(diagnosis))
    failed = [sign for sign in diagnosis.signs if sign.health is Health.FAIL]
    message = f"a run would fail here: {failed[0].name}: {failed[0].found}" if failed else "a run would succeed here"
    log.leave(diagnosis.exit_code, message, failed[0].hint if failed else None)


def render_diagnosis(diagnosis: Diagnosis) -> Indented:
    """Return one line for each check."""
    columns = (Column(), Column(), Column(wraps=True))
    return aligned(columns, [_row(sign) for sign in diagnosis.signs])


def _row(sign: Sign) -> tuple[Text, str, str]:
    found = printable(sign.found) + (f"; {printable(sign.hint)}" if sign.hint else "")
    return Text(sign.health.value, style=_STYLES[sign.health]), sign.name, found
