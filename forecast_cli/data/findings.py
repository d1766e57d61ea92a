"""Findings: rule violations and facts that the data contract found in the input, and what a run does about each."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from forecast_cli.core.errors import InputRejectedError
from forecast_cli.core.ids import mark_id
from forecast_cli.core.ledger import Status

EXAMPLES_SHOWN: Final = 20


class Action(StrEnum):
    """What a run does about a finding."""

    REJECT = "reject"  # the run stops, nothing is written
    QUARANTINE = "quarantine"  # the file is left out, its accounts are marked
    SET_ASIDE = "set aside"  # the account gets no forecast, and its status and reason say so; or the row is left out
    REPAIR = "repair"  # corrected and counted
    WARN = "warn"  # used as it is, and reported
    NOTE = "note"  # nothing is wrong


@dataclass(frozen=True)
class Finding:
    """One rule of the data contract that applied to the input.

    ``rule`` is the contract's identifier, such as TS04. ``count`` of ``total`` ``unit`` are affected; ``examples``
    names up to 20 of them. ``message`` says what, where and why in one line, ``hint`` what to do next. ``retryable``:
    the same command may succeed later. ``status`` is that of accounts that get no forecast for this reason.
    """

    rule: str
    title: str
    action: Action
    unit: Literal["files", "rows", "accounts"]
    count: int
    total: int
    message: str
    hint: str | None = None
    examples: tuple[str, ...] = ()
    retryable: bool = False
    status: Status | None = None

    @property
    def share(self) -> float:
        """Return the share of units affected, 0 to 1."""
        return self.count / self.total if self.total else 0.0


def rejects(findings: Iterable[Finding]) -> bool:
    """Return whether any finding rejects the run."""
    return any(finding.action is Action.REJECT for finding in findings)


def message_at(finding: Finding, root: str) -> str:
    """Return the message of a finding about the input ``root``, with its rule; each message names where it applies.

    Messages about files name their file. Those about rows and accounts get the input and one account, marked as an id.
    """
    if finding.unit == "files":
        return f"{finding.message} [{finding.rule}]"
    example = f", e.g. {mark_id(finding.examples[0])}" if finding.examples else ""
    return f"{root}: {finding.message}{example} [{finding.rule}]"


def raise_rejection(findings: Iterable[Finding], root: str) -> None:
    """Raise InputRejectedError for the first finding that rejects the run, with the number of further rejections.

    ``root`` is the input. Does nothing if no finding rejects it.
    """
    rejections = [finding for finding in findings if finding.action is Action.REJECT]
    if not rejections:
        return
    first, more = rejections[0], len(rejections) - 1
    message = message_at(first, root) + (f" (and {more} more)" if more else "")
    raise InputRejectedError(message, first.hint, retryable=first.retryable)
