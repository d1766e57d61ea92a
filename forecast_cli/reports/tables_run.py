"""Tables about the run: facts, accounts by status, settings, versions, failures and fallbacks."""

from collections.abc import Mapping
from typing import Any, Final

from forecast_cli.core.ledger import Status, describe_failure
from forecast_cli.core.text import counted
from forecast_cli.evaluation.report import Problem, Report, RunFacts
from forecast_cli.reports.figures import duration, listed, setting_text
from forecast_cli.reports.tables import NONE, Cell, Column, Table, build_table, count, share, text_cell
from forecast_cli.reports.tables_scores import ranks_of

#: Most rows of the table of failures and fallbacks.
_MOST_PROBLEMS: Final = 100
_MEANINGS: Final[Mapping[Status, str]] = {
    Status.OK: "replayed as requested",
    Status.FALLBACK: "replayed, some windows by a simpler model",
    Status.SKIPPED: "not replayed: too little history, or ended too long ago",
    Status.FAILED: "not replayed: unusable rows, timeout or crash",
}
_MEANINGS_OF_SCORE: Final[Mapping[Status, str]] = {
    Status.OK: "scored",
    Status.FALLBACK: "scored, some forecasts by a simpler model",
    Status.SKIPPED: "not scored: no forecast, or no balance after it",
    Status.FAILED: "not scored: unusable rows",
}


def title_of(facts: RunFacts) -> str:
    """Return the title of a report."""
    return "Score of finished forecasts" if facts.is_score else "Backtest report"


def status_meanings(facts: RunFacts) -> Mapping[Status, str]:
    """Return what each status of an account means in a backtest, or in a score of finished forecasts."""
    return _MEANINGS_OF_SCORE if facts.is_score else _MEANINGS


def facts_table(facts: RunFacts) -> Table:
    """Return facts about the run, one in each row."""
    rows = {
        "Input": f"{facts.input}: {counted(facts.files, 'file')}, {counted(facts.rows, 'row')}",
        "Accounts": counted(sum(facts.accounts.values()), "account"),
        "Windows": counted(facts.windows, "window") + _unmoved_note(facts),
        "Cutoffs": _cutoffs(facts),
        "Finished": facts.finished_at,
        "Took": f"{duration(facts.seconds)}, {duration(facts.cpu_seconds)} of CPU in its shards",
        "Fingerprint": facts.fingerprint,
    }
    return _pairs("facts", "The run", rows)


def accounts_table(facts: RunFacts) -> Table:
    """Return the accounts by status; they add up to all accounts of the input."""
    total = sum(facts.accounts.values())
    meanings = {status.value: meaning for status, meaning in status_meanings(facts).items()}
    rows = [
        (text_cell(status), count(number), share(number / total if total else 0.0), Cell(meanings.get(status, "")))
        for status, number in facts.accounts.items()
    ]
    columns = (Column("Status"), Column("Accounts", numeric=True), Column("Share", numeric=True), Column("Meaning"))
    return build_table("accounts", f"{counted(total, 'account')} of the input, by status", columns, rows)


def settings_table(facts: RunFacts) -> Table:
    """Return the settings that affect the numbers."""
    return _pairs("settings", "Settings", facts.settings)


def versions_table(facts: RunFacts) -> Table:
    """Return the versions that the run was computed with."""
    return _pairs("versions", "Versions", facts.versions)


def problems_table(report: Report) -> Table:
    """Return failures and fallbacks grouped by reason, most frequent first."""
    columns = (
        Column("Count", numeric=True),
        Column("Status"),
        Column("Model"),
        Column("Replaced by"),
        Column("Reason"),
        Column("For example"),
    )
    ranks = ranks_of(report)
    found = sorted(report.problems, key=lambda problem: (-problem.count, ranks.get(problem.model or "", len(ranks))))
    rows = [_problem(each) for each in found]
    return build_table("reasons", "What was not forecast as requested, and why", columns, rows, most=_MOST_PROBLEMS)


def _problem(problem: Problem) -> tuple[Cell, ...]:
    reason = describe_failure(problem.error, problem.message) if problem.error else problem.message
    return (
        count(problem.count),
        text_cell(problem.status),
        text_cell(problem.model or NONE),
        text_cell(problem.model_used or NONE),
        text_cell(_first_reason(problem, reason)),
        Cell(listed(problem.examples, of=problem.count)),
    )


def _first_reason(problem: Problem, reason: str) -> str:
    """Return the reason, as that of the first account if there are several: their figures may differ."""
    return f"e.g. {problem.examples[0]}: {reason}" if problem.count > 1 and problem.examples else reason


def _pairs(key: str, caption: str, values: Mapping[str, Any]) -> Table:
    rows = [(text_cell(name), text_cell(setting_text(value, none=NONE))) for name, value in values.items()]
    return build_table(key, caption, (Column("Name"), Column("Value")), rows)


def _unmoved_note(facts: RunFacts) -> str:
    if not facts.still_windows:
        return ""
    return f"; {facts.still_windows:,} of them without a move at the scale lag before, which count in no mean"


def _cutoffs(facts: RunFacts) -> str:
    if facts.first_cutoff is None or facts.last_cutoff is None:
        return NONE
    return f"{facts.first_cutoff.isoformat()} to {facts.last_cutoff.isoformat()}"
