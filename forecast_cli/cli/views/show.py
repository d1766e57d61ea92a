"""Result of ``show``: one account on stdout, as text or as JSON, and one line for a log."""

import sys
from dataclasses import asdict
from typing import Any, NoReturn

from forecast_cli.cli.messages import Log
from forecast_cli.cli.options.shared import OutputFormat
from forecast_cli.cli.streams import columns, encoding_of
from forecast_cli.cli.views.result import write_result
from forecast_cli.cli.views.show_text import render_explanation
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ids import mark_id
from forecast_cli.reports.jsonlines import account_value
from forecast_cli.reports.terminal.fan import NEEDED
from forecast_cli.reports.terminal.flags import describe_flag
from forecast_cli.workflows.story import AccountExplanation


def end_explanation(log: Log, explanation: AccountExplanation, format: OutputFormat) -> NoReturn:  # noqa: A002
    """Show the explanation of an account and exit."""
    write_result(
        format,
        explanation_values(explanation),
        lambda: render_explanation(explanation, width=columns(), ascii_only=not _shows(NEEDED)),
    )
    account, status = mark_id(explanation.account_id), explanation.standing.status
    log.leave(ExitCode.OK, f"{explanation.output}: account {account}: {status}")


def explanation_values(explanation: AccountExplanation) -> dict[str, Any]:
    """Return the explanation of an account as values for JSON."""
    values = asdict(explanation)
    flags = {flag: describe_flag(flag) for flag in explanation.standing.flags}
    return values | {
        "account_id": account_value(explanation.account_id),
        "standing": values["standing"] | {"flags": flags},
    }


def _shows(characters: str) -> bool:
    """Return whether stdout can encode all of ``characters``."""
    try:
        characters.encode(encoding_of(sys.stdout))
    except UnicodeEncodeError:
        return False
    return True
