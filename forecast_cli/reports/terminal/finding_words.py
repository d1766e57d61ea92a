"""Words for the action of a finding, the same in all reports: for a table, and in the past tense."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from forecast_cli.core.ledger import Status
from forecast_cli.data.findings import Action, Finding


@dataclass(frozen=True)
class Words:
    """Words for the action a run ``would`` take and ``did`` take, and a ``title`` if the finding's own does not fit."""

    would: str
    did: str
    title: str | None = None


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


def words_for(finding: Finding) -> Words:
    """Return the words for the action of a finding."""
    if finding.action is Action.SET_ASIDE and finding.unit == "rows":
        return _LEFT_OUT
    if finding.action is Action.SET_ASIDE and finding.status is Status.SKIPPED:
        return _SKIPPED
    return _RULES.get((finding.rule, finding.action), _ACTIONS[finding.action])
