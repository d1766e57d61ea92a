"""Findings of the data contract: a few lines below a report, or the table of ``validate``."""

from collections.abc import Mapping, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from forecast_cli.core.text import counted
from forecast_cli.data.findings import Action, Finding
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import listed, percent
from forecast_cli.reports.terminal.finding_words import words_for
from forecast_cli.reports.terminal.layout import Column, Indented, aligned, ruled

STYLES: Final[Mapping[Action, str]] = {
    Action.REJECT: "bold red",
    Action.QUARANTINE: "red",
    Action.SET_ASIDE: "red",
    Action.REPAIR: "yellow",
    Action.WARN: "yellow",
    Action.NOTE: "dim",
}

_REPORTED: Final = (Action.REJECT, Action.QUARANTINE, Action.SET_ASIDE, Action.WARN)


def render_worth_knowing(findings: Sequence[Finding]) -> Indented | None:
    """Return a line for each finding that affects the run, and one for each kind of repair; None if there are none."""
    rows = [(_action_text(finding), _message_of(finding)) for finding in findings if finding.action in _REPORTED]
    repairs = [finding for finding in findings if finding.action is Action.REPAIR]
    for word in dict.fromkeys(words_for(finding).did for finding in repairs):
        alike = [finding for finding in repairs if words_for(finding).did == word]
        rows.append((_action_text(alike[0]), "; ".join(map(_summary_line, alike))))
    return aligned((Column(), Column(wraps=True)), rows) if rows else None


def render_findings(findings: Sequence[Finding]) -> Table:
    """Return a table of all findings: rule, count, what a run does about it, and the first examples."""
    columns = (
        Column("rule"),
        Column("count", "right"),
        Column("share", "right"),
        Column("a run would"),
        Column("what", wraps=True),
    )
    return ruled(columns, [_row(finding) for finding in findings])


def _row(finding: Finding) -> tuple[str, str, str, Text, str]:
    examples = listed(finding.examples)
    what = finding.message.removeprefix(f"{_amount(finding)}: ")  # the column before has the count
    return (
        finding.rule,
        _amount(finding) if finding.count else "-",
        percent(finding.share) if finding.count else "-",
        Text(words_for(finding).would, style=STYLES[finding.action]),
        printable(what) + (f"\ne.g. {examples}" if examples and not _mentions_file(finding) else ""),
    )


def _mentions_file(finding: Finding) -> bool:
    """Return whether the message already names the only file that it is about."""
    return finding.unit == "files" and finding.count == 1 and finding.examples[0] in finding.message


def _action_text(finding: Finding) -> Text:
    return Text(words_for(finding).did, style=STYLES[finding.action])


def _message_of(finding: Finding) -> str:
    """Return the message of a finding; for files with their count and, if there are several, their names."""
    if finding.unit != "files":
        return f"{printable(finding.message)} [{finding.rule}]"
    named = f" ({listed(finding.examples, of=finding.count)})" if finding.count > 1 else ""
    return f"{_amount(finding)}: {printable(finding.message)} [{finding.rule}]{named}"


def _summary_line(finding: Finding) -> str:
    title = words_for(finding).title or printable(finding.title)
    return f"{_amount(finding)}: {title} [{finding.rule}]"


def _amount(finding: Finding) -> str:
    return counted(finding.count, finding.unit.removesuffix("s"))
