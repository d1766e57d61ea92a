"""The data contract against one input: the table of ``validate`` and its verdict."""

from rich.console import Group
from rich.text import Text

from forecast_cli.cli.views.forecast import describe_input
from forecast_cli.core.ledger import Status
from forecast_cli.core.text import counted
from forecast_cli.data.findings import Action
from forecast_cli.reports.escape import printable
from forecast_cli.reports.terminal.findings import render_findings
from forecast_cli.reports.terminal.layout import line, sections
from forecast_cli.workflows.results import Validation


def render_validation(validation: Validation) -> Group:
    """Return what was read, the rules met and what a run would do about them, and the verdict."""
    findings = (
        render_findings(validation.findings) if validation.findings else line("No rule of the contract is broken.")
    )
    return sections(line(describe_input(validation.input)), findings, _hints(validation), _verdict(validation))


def verdict(validation: Validation) -> str:
    """Return in one line what a run would do with the input."""
    if validation.rejected:
        rejections = sum(finding.action is Action.REJECT for finding in validation.findings)
        return f"A run would reject this input: {counted(rejections, 'reason')}."
    accounts = validation.accounts
    set_aside = accounts[Status.FAILED] + accounts[Status.SKIPPED]
    ready = sum(accounts.values()) - set_aside
    without = f", {set_aside:,} would get none" if set_aside else ""
    return f"A run would forecast {ready:,} of {counted(sum(accounts.values()), 'account')}{without}."


def _verdict(validation: Validation) -> Text:
    return line(verdict(validation), "bold red" if validation.rejected else "bold green")


def _hints(validation: Validation) -> Group | None:
    hints = dict.fromkeys(finding.hint for finding in validation.findings if finding.action is Action.REJECT)
    lines = [line(f"hint:  {printable(hint)}") for hint in hints if hint]
    return Group(*lines) if lines else None
