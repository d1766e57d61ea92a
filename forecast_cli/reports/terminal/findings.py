"""Findings of the data contract: a few lines below a report, or the table of ``validate``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rich.table import Table
from rich.text import Text

from forecast_cli.core.ledger import Status
from forecast_cli.core.text import counted
from forecast_cli.data.findings import Action, Finding
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import listed, percent
from forecast_cli.reports.terminal.layout import Column, Indented, aligned, ruled


@dataclass(frozen=True)
class Words:
    """Words for the action a run ``would`` take and ``did`` take, and a ``title`` if the finding's own does not fit."""

    would: str
    did: str
    title: str | None = None


STYLES: Final[Mapping[Action, str]] = {
    Action.REJECT: "bold red",
    Action.QUARANTINE: "red",
    Action.SET_ASIDE: "red",
    Action.REPAIR: "yellow",
    Action.WARN: "yellow",
    Action.NOTE: "dim",
}

_REPORTED: Final = (Action.REJECT, Action.QUARANTINE, Action.SET_ASIDE, Action.WARN)
_ACTIONS: Final[Mapping[Action, Words]] = {
    Action.REJECT: Words("reject", "rejected"),
    Action.QUARANTINE: Words("quarantine", "quarantined"),
    Action.SET_ASIDE: Words("mark as failed", "failed"),
    Action.REPAIR: Words("repair", "repaired"),
    Action.WARN: Words("use, and warn", "warning"),
    Action.NOTE: Words("use", "used"),
}
_SKIPPED: Final = Words("skip", "skipped")
_LEFT_OUT: Final = Words("leave out", "left out")
_IGNORED: Final = Words("ignore", "ignored")
#: Words for rules where those of the action alone would be unclear.
_RULES: Final[Mapping[tuple[str, Action], Words]] = {
    ("TS13", Action.REPAIR): Words("carry forward", "carried forward", "to the origin"),
    ("TS11", Action.REPAIR): Words("leave out", "left out", "after the origin"),
    ("IN11", Action.REPAIR): _LEFT_OUT,
    ("SC04", Action.REPAIR): Words("read as float", "read as float"),
    ("IN08", Action.NOTE): _IGNORED,
    ("IN09", Action.NOTE): _IGNORED,
    ("IN10", Action.WARN): _IGNORED,
}


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


def words_for(finding: Finding) -> Words:
    """Return the words for the action of a finding."""
    if finding.action is Action.SET_ASIDE and finding.unit == "rows":
        return _LEFT_OUT
    if finding.action is Action.SET_ASIDE and finding.status is Status.SKIPPED:
        return _SKIPPED
    return _RULES.get((finding.rule, finding.action), _ACTIONS[finding.action])
