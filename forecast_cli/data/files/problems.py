"""Problems of single files, and their grouping by kind into findings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from forecast_cli.config.choices import OnBadFile
from forecast_cli.data.findings import EXAMPLES_SHOWN, Action, Finding

#: Title of each rule about files and schema, as in the table of ``validate``.
TITLES: Final = {
    "IN01": "empty file",
    "IN02": "not a complete parquet file",
    "IN03": "bytes differ from their checksum",
    "IN04": "malformed pages",
    "IN06": "no rows",
    "IN07": "nothing to read",
    "IN08": "files that are not parquet",
    "IN09": "hidden or unfinished output",
    "IN10": "folder links",
    "IN11": "same file delivered twice",
    "IN13": "unreadable file",
    "IN14": "file changes while it is read",
    "IN15": "object store does not answer",
    "IN16": "table with a log",
    "SC01": "column missing",
    "SC03": "text where a number or a day is expected",
    "SC04": "numbers that are not float64",
    "SC08": "types differ between files",
    "SC09": "column of an unusable type",
    "SC10": "categorical account ids",
    "SC12": "account ids are floats or decimals",
    "SC13": "folder name is not a day",
    "SC16": "timestamps with a timezone",
    "SC17": "timezones mixed",
    "SC19": "unknown timezone",
}

_ONLY_DELIVER: Final = "deliver the file again"
_DELIVER_AGAIN: Final = f"{_ONLY_DELIVER}, or leave bad files out with --on-bad-file quarantine"


@dataclass(frozen=True)
class Problem:
    """A problem of one file: ``what`` is wrong. ``fatal``: the run is rejected even if bad files are quarantined."""

    rule: str
    path: str
    what: str
    hint: str = _DELIVER_AGAIN
    fatal: bool = False
    retryable: bool = False

    @property
    def message(self) -> str:
        """Return what is wrong with which file."""
        return f"{self.path}: {self.what}"

    def without_choice(self, *, fatal: bool) -> "Problem":
        """Return the problem with a hint that does not suggest quarantine: that is in force, or would leave no file."""
        return replace(self, fatal=fatal, hint=_ONLY_DELIVER if self.hint == _DELIVER_AGAIN else self.hint)


class BadFileError(Exception):
    """Carries the problem of a file out of the code that reads it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def file_finding(
    rule: str, action: Action, message: str, *, hint: str | None = None, paths: Sequence[str] = (), total: int = 0
) -> Finding:
    """Return a finding of ``rule`` about the files ``paths``, of ``total`` files."""
    return Finding(
        rule=rule,
        title=TITLES[rule],
        action=action,
        unit="files",
        count=len(paths),
        total=max(total, len(paths)),
        message=message,
        hint=hint,
        examples=tuple(paths[:EXAMPLES_SHOWN]),
    )


def summarize_problems(problems: Iterable[Problem], on_bad_file: OnBadFile, *, total: int) -> list[Finding]:
    """Return one finding for each rule and severity among ``problems``; ``total`` is the number of files listed."""
    ordered = sorted(problems, key=_kind)
    return [_summarize(list(group), on_bad_file, total) for _, group in groupby(ordered, key=_kind)]


def is_fatal(problem: Problem, on_bad_file: OnBadFile) -> bool:
    """Return whether a problem rejects the run."""
    return problem.fatal or on_bad_file is OnBadFile.REJECT


def _kind(problem: Problem) -> tuple[str, bool]:
    return problem.rule, problem.fatal


def _summarize(group: Sequence[Problem], on_bad_file: OnBadFile, total: int) -> Finding:
    first, more = group[0], len(group) - 1
    action = Action.REJECT if is_fatal(first, on_bad_file) else Action.QUARANTINE
    message = first.message + (f" (and {more} more like it)" if more else "")
    paths = [problem.path for problem in group]
    finding = file_finding(first.rule, action, message, hint=first.hint, paths=paths, total=total)
    return replace(finding, retryable=any(problem.retryable for problem in group))
