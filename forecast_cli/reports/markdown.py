"""Rendering of ``report.md``: a short report for a pull request, with sentences and tables but no charts."""

from collections.abc import Sequence
from typing import Final

from forecast_cli.core.columns import level_label
from forecast_cli.core.text import counted
from forecast_cli.evaluation.report import Report
from forecast_cli.reports import tables_run, tables_scores, tables_segments
from forecast_cli.reports.markdown_text import escape_markdown
from forecast_cli.reports.tables import Cell, Column, Table, build_table, estimate, scaled_cell, share, text_cell
from forecast_cli.reports.tables_alarms import alarms_table
from forecast_cli.reports.tables_scores import default_level, levels_shown

_MOST_MODELS: Final = 10
_MOST_SEGMENTS: Final = 12
_MOST_LOW_BALANCE: Final = 10
_MOST_ALARMS: Final = 6
_MOST_PROBLEMS: Final = 6
_MOST_SETTINGS: Final = 45
_DAYS_TOLD: Final = 5


def render_markdown(report: Report) -> str:
    """Return the short report in GitHub's Markdown, in under 200 lines."""
    best = report.leaderboard[0].model if report.leaderboard else None
    parts = [
        f"# {tables_run.title_of(report.facts)}",
        _about(report),
        *map(escape_markdown, report.sentences),
        *_section("Leaderboard", tables_scores.leaderboard_table(report), "No model was scored.", most=_MOST_MODELS),
        *_section("Error by day ahead", _days(report), "No day of the horizon was scored."),
        *_more(tables_scores.step_figures_table(report, model=best, most=_DAYS_TOLD), most=_DAYS_TOLD),
        *_section("Intervals", _intervals(report), "No interval was scored.", most=_MOST_MODELS),
        *_section(
            "Segments",
            tables_segments.segments_table(report, model=best),
            "No segment was scored.",
            most=_MOST_SEGMENTS,
        ),
        *_section(
            "Low balances",
            tables_segments.low_balance_table(report),
            "No low balance was scored.",
            most=_MOST_LOW_BALANCE,
        ),
        *_more(alarms_table(report, model=best), most=_MOST_ALARMS),
        *_section("Worst and median accounts", _accounts(report), "No account was drawn."),
        *_section(
            "Failures and fallbacks",
            tables_run.problems_table(report),
            "Every account and every window was forecast as requested.",
            most=_MOST_PROBLEMS,
        ),
        *_section("Accounts in and out", tables_run.accounts_table(report.facts), "No account came in."),
        _collapsible("What was run", tables_run.facts_table(report.facts)),
        _collapsible("Settings and versions", _settings(report)),
    ]
    return "\n\n".join(parts) + "\n"


def _about(report: Report) -> str:
    facts = report.facts
    accounts, windows = counted(sum(facts.accounts.values()), "account"), counted(facts.windows, "window")
    return f"{escape_markdown(facts.input)}: {accounts}, {windows}, {counted(len(report.leaderboard), 'model')}."


def _days(report: Report) -> Table:
    """Return a table of the error on a few days of the horizon, including the first and the last."""
    return tables_scores.steps_table(
        report,
        key="days",
        caption="sCRPS",
        shown=lambda score: estimate(score.of("scrps")),
        steps=tables_scores.days_shown(report, _DAYS_TOLD),
    )


def _intervals(report: Report) -> Table:
    """Return a table of coverage by level and of the width of one interval, with one row for each model."""
    levels, width = report.levels, default_level(levels_shown(report))
    columns = (
        Column("Model"),
        *(Column(f"In {level_label(level)} %", numeric=True) for level in levels),
        *(() if width is None else (Column(f"Width {level_label(width)}", numeric=True),)),
    )
    rows = [
        (
            text_cell(model.model),
            *(share(model.of(f"coverage_{level_label(level)}").value) for level in levels),
            *(() if width is None else (estimate(model.of(f"swidth_{level_label(width)}")),)),
        )
        for model in report.leaderboard
        if levels
    ]
    return build_table("intervals", "What intervals held", columns, rows)


def _accounts(report: Report) -> Table:
    columns = (
        Column("Account"),
        Column("Shown as"),
        Column("Model"),
        Column("Cutoff"),
        Column("sCRPS", numeric=True),
    )
    rows = [
        (
            text_cell(fan.account_id),
            text_cell(fan.kind),
            text_cell(fan.model),
            text_cell(fan.cutoff.isoformat()),
            scaled_cell(fan.scrps),
        )
        for fan in report.fans
    ]
    return build_table("fans", "Accounts", columns, rows, most=8)


def _settings(report: Report) -> Table:
    settings = tables_run.settings_table(report.facts)
    versions = ", ".join(f"{name} {version}" for name, version in report.facts.versions.items())
    return build_table(
        "settings", "Settings and versions", settings.columns, [*settings.rows, (Cell("versions"), text_cell(versions))]
    )


def _section(title: str, table: Table, none: str, *, most: int = 30) -> list[str]:
    """Return a title and a table, or the sentence ``none`` if the table is empty."""
    return [f"## {title}", _table(table, most=most) if table.rows else none]


def _more(table: Table, *, most: int) -> list[str]:
    """Return a further table of a section under its own caption; empty if it has no rows."""
    return [f"### {escape_markdown(table.caption)}", _table(table, most=most)] if table.rows else []


def _collapsible(title: str, table: Table) -> str:
    body = _table(table, most=_MOST_SETTINGS)
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _table(table: Table, *, most: int) -> str:
    lines = [
        _row([escape_markdown(column.title) for column in table.columns]),
        _row(["---:" if column.numeric else "---" for column in table.columns]),
        *(_row([_cell(cell) for cell in row]) for row in table.rows[:most]),
    ]
    more = len(table.rows) - most
    note = f"\n\n{more:,} more in report.html and report.json." if more > 0 else ""
    return "\n".join(lines) + note


def _cell(cell: Cell) -> str:
    """Return a cell's text with its note on a second line, so that a wide table fits the page."""
    return escape_markdown(cell.text) + (f"<br>{escape_markdown(cell.note)}" if cell.note else "")


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
