"""Summary of a backtest, or of the score of finished forecasts: findings, figures, and where the reports are."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from rich.console import Group, RenderableType

from forecast_cli.cli.messages import Log
from forecast_cli.cli.views.accounts import render_accounts
from forecast_cli.cli.views.next_steps import read_command, tool_command
from forecast_cli.cli.views.shortfall import describe_excess, limit_hint, see_reasons
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import WITH_FORECAST
from forecast_cli.core.text import counted
from forecast_cli.evaluation.report import Estimate, ModelScore, Report
from forecast_cli.evaluation.sentences import DESCRIBED_COVERAGE, DESCRIBED_LEVEL, why_unscored
from forecast_cli.reports.escape import printable
from forecast_cli.reports.figures import duration, size
from forecast_cli.reports.tables_run import status_meanings
from forecast_cli.reports.terminal.layout import Column, aligned, command_line, heading, line, ruled, section, sections
from forecast_cli.store.layout import SCORES
from forecast_cli.store.manifest import FileEntry
from forecast_cli.workflows.backtest import BacktestRun
from forecast_cli.workflows.results import WrittenFile

_HOLDS: Final[Mapping[str, str]] = {
    "report.html": "open it in a browser",
    "report.md": "paste it into a pull request",
    "report.json": "read it with a program",
    "leaderboard.parquet": "models, accuracy, cost",
    "steps.parquet": "every metric by model and day ahead",
    "segments.parquet": "every metric by model and segment",
    "scores.parquet": "every account, model, cutoff, metric",
    "windows.parquet": "scale and segments of every window",
    "low_balance.parquet": "probability and outcome of low balances",
    "forecasts/": "forecasts, with the actual balances",
    "accounts.parquet": "status and reason of every account",
    "failures.parquet": "accounts not as requested",
    "metrics.json": "figures to monitor",
    "manifest.json": "input, settings, checksums",
}


def end_backtest(log: Log, run: BacktestRun, *, quiet: bool) -> NoReturn:
    """Show the summary of a backtest and exit."""
    log.summarize(render_backtest(run, seconds=log.seconds), quiet=quiet)
    log.leave(run.exit_code, _describe_end(run), _suggest(run), _values(run))


def end_report(log: Log, output: Path, written: Sequence[FileEntry], *, quiet: bool) -> NoReturn:
    """Show which reports were rendered and exit."""
    files = _table(written)
    log.summarize(section(f"Reports in {printable(output)}", files), quiet=quiet)
    names = ", ".join(entry.path for entry in written)
    log.leave(ExitCode.OK, f"{names} written", None, {"manifest": str(output / "manifest.json")})


def render_backtest(run: BacktestRun, *, seconds: float) -> Group:
    """Return the summary of a finished backtest, readable at 80 columns; ``seconds`` is as in ``render_run``."""
    facts = run.report.facts
    ordered = {name: place for place, name in enumerate(_HOLDS)}
    files = sorted(run.files, key=lambda file: ordered.get(file.path, len(ordered)))
    return sections(
        heading(_title(run, seconds)),
        Group(*(line(printable(sentence)) for sentence in run.report.sentences)),
        section("Leaderboard", _leaderboard(run.report.leaderboard, with_cost=not facts.is_score)),
        *([_low_balances(run.report)] if facts.is_score and run.report.low_balance_calibration else []),
        render_accounts(run.accounts, status_meanings(facts), quarantined_files=run.input.quarantined_files),
        section(f"Written to {printable(run.output)}", _table(files)),
        section("Next", *map(command_line, _next(run))),
    )


def _next(run: BacktestRun) -> list[str]:
    read = [read_command(run.output, SCORES)] if run.report.facts.compared_windows else []
    return [tool_command("check", run.output), *read]


def _title(run: BacktestRun, seconds: float) -> str:
    with_windows = sum(run.accounts[status] for status in WITH_FORECAST)
    windows = counted(run.report.facts.windows, "window")
    what = f"{windows} of {with_windows:,} of {counted(run.input.accounts, 'account')} {_done(run)}"
    if run.reused:
        return f"Nothing left to do: this {run.command} is already finished, {what}"
    return f"Done in {duration(seconds)}: {what}"


def _done(run: BacktestRun) -> str:
    return "scored" if run.report.facts.is_score else "replayed"


def _leaderboard(scores: Sequence[ModelScore], *, with_cost: bool) -> RenderableType:
    level = f"in {DESCRIBED_LEVEL:g} %"
    titles = ("sCRPS", "95 % interval", "MASE", level, "skill", *(["CPU ms"] if with_cost else []))
    columns = (Column("", "right"), Column("model", wraps=True), *(Column(title, "right") for title in titles))
    rows = [
        (
            str(score.rank),
            printable(score.model),
            _figure(score.of("scrps").value),
            _interval(score.of("scrps")),
            _figure(score.of("mase").value),
            _share(score.of(DESCRIBED_COVERAGE).value),
            _share(score.skill.value) if score.skill else "",
            *([_milliseconds(score.cpu_seconds)] if with_cost else []),
        )
        for score in scores
    ]
    return ruled(columns, rows)


def _low_balances(report: Report) -> RenderableType:
    """Return how often accounts of the best model fell below a threshold, and how often that was said."""
    titles = ("days", "forecasts", "said", "came", "95 % interval", "riskiest 5 %")
    columns = (Column("under"), *(Column(title, "right") for title in titles))
    best = report.leaderboard[0].model
    rows = [
        (
            printable(one.threshold),
            str(one.days),
            f"{one.windows:,}",
            _share(one.predicted.value),
            _share(one.observed.value),
            " to ".join(map(_share, one.observed.ends)) if one.observed.ends else "-",
            _share(one.budgets[-1].precision.value),
        )
        for one in report.low_balance_calibration
        if one.model == best
    ]
    name = f"Low balances of accounts not under the threshold before, by {printable(best)}"
    return section(name, ruled(columns, rows))


def _table(files: Sequence[FileEntry | WrittenFile]) -> RenderableType:
    rows = [(file.path, size(file.bytes), _HOLDS.get(file.path, "")) for file in files]
    return aligned((Column(), Column(align="right"), Column(wraps=True)), rows)


def _figure(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _milliseconds(seconds: float) -> str:
    return "-" if math.isnan(seconds) else f"{1000 * seconds:.3g}"


def _interval(estimate: Estimate) -> str:
    return " to ".join(map(_figure, estimate.ends)) if estimate.ends else "-"


def _share(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f} %"


def _describe_end(run: BacktestRun) -> str:
    facts = run.report.facts
    if facts.compared_windows == 0:
        return f"no window could be scored: {why_unscored(facts)}"
    if run.too_many:
        return f"{describe_excess(run.too_many, run.accounts, run.failures)}; the rest is written"
    best, others = printable(run.report.leaderboard[0].model), len(run.report.leaderboard) > 1
    return f"{counted(facts.windows, 'window')} {_done(run)}{f'; {best} did best' if others else ''}"


def _suggest(run: BacktestRun) -> str:
    if run.report.facts.compared_windows:
        return f"{see_reasons(run.output, run.input.root)}{limit_hint(run.too_many)}"
    less = "" if run.report.facts.windows or run.report.facts.is_score else ", or require less history with --min-train"
    return f"see {run.output / 'accounts.parquet'}{less}"


def _values(run: BacktestRun) -> dict[str, Any]:
    """Return the summary as plain values, for the last line of a log; a score counts the accounts that are gone."""
    facts = run.report.facts
    gone = {"absent": facts.absent.accounts} if facts.is_score else {}
    return {
        "counts": {
            "accounts": run.input.accounts,
            **run.accounts,
            **gone,
            "windows": facts.windows,
            "forecast_rows": run.files[0].rows,  # all part files are the first entry
        },
        "best": run.report.leaderboard[0].model if run.report.leaderboard else None,
        "manifest": str(run.output / "manifest.json"),
    }
