"""Tables of scores by part of the windows: segments, currencies, low balances."""

from typing import Final

from forecast_cli.evaluation.report import LowBalanceScore, Report, SegmentScore
from forecast_cli.reports.escape import printable
from forecast_cli.reports.tables import (
    Cell,
    Column,
    Table,
    build_table,
    count,
    estimate,
    share_estimate,
    text_cell,
)
from forecast_cli.reports.tables_scores import IN_UNITS, MetricColumn, metric_columns, ranks_of, skill_cell

#: Most rows of a table by segment.
_MOST_SEGMENTS: Final = 400
#: Columns that say which low balance a score is for.
ASKED = (
    Column("Threshold"),
    Column("Days", numeric=True, help="days from the cutoff over which the low point is taken"),
)


def segments_table(report: Report, *, model: str | None = None) -> Table:
    """Return error, coverage, width and bias by segment, of one model, or of all if ``model`` is None."""
    titles = ("segments", f"{printable(model)} by segment") if model else ("segments-all", "All models by segment")
    scores = [score for score in report.segments if model in (None, score.model)]
    return _segments(titles, _as_ranked(report, scores), metric_columns(report), named=not model, skilled=True)


def currencies_table(report: Report) -> Table:
    """Return the metrics in units of the balance by currency, of all models; empty if all balances share one."""
    column, several = report.facts.settings.get("currency_col"), len(report.facts.currencies) > 1
    scores = [score for score in report.segments if several and score.segment == column]
    return _segments(
        ("currencies", "In units of the balance, by currency"), _as_ranked(report, scores), IN_UNITS, named=True
    )


def low_balance_table(report: Report) -> Table:
    """Return the scores of each model's low-balance probabilities."""
    columns = (Column("Model"), *ASKED, *_LOW_BALANCE)
    rows = [
        (text_cell(score.model), text_cell(score.threshold), count(score.days), *_low_balance(score))
        for score in report.low_balance
    ]
    return build_table("low-balance", "Probability of a low balance", columns, rows)


def low_balance_segments_table(report: Report, *, model: str | None) -> Table:
    """Return the scores of a model's low-balance probabilities by segment."""
    columns = (Column("Segment"), Column("Value"), *ASKED, *_LOW_BALANCE)
    rows = [
        (
            text_cell(score.segment),
            text_cell(score.value),
            text_cell(score.threshold),
            count(score.days),
            *_low_balance(score),
        )
        for score in report.low_balance_segments
        if score.model == model
    ]
    return build_table("low-balance-segments", f"{printable(model)} by segment", columns, rows)


def _as_ranked(report: Report, scores: list[SegmentScore]) -> list[SegmentScore]:
    """Return scores with the models of each segment in the order of the leaderboard."""
    ranks = ranks_of(report)
    places: dict[tuple[str, str], int] = {}
    for score in scores:
        places.setdefault((score.segment, score.value), len(places))
    return sorted(scores, key=lambda score: (places[score.segment, score.value], ranks.get(score.model, len(ranks))))


def _segments(
    titles: tuple[str, str],
    scores: list[SegmentScore],
    metrics: tuple[MetricColumn, ...],
    *,
    named: bool,
    skilled: bool = False,
) -> Table:
    skilled = skilled and any(score.skill for score in scores)
    columns = (
        Column("Segment"),
        Column("Value"),
        *((Column("Model"),) if named else ()),
        Column("Accounts", numeric=True),
        Column("Windows", numeric=True),
        *((_SKILL,) if skilled else ()),
        *(one.column for one in metrics),
    )
    rows = [
        (
            text_cell(score.segment),
            text_cell(score.value),
            *((text_cell(score.model),) if named else ()),
            count(score.accounts),
            count(score.windows),
            *((skill_cell(score.skill),) if skilled else ()),
            *(one.cell(score) for one in metrics),
        )
        for score in scores
    ]
    return build_table(*titles, columns, rows, most=_MOST_SEGMENTS)


_SKILL = Column("Skill", numeric=True, help="share of the seasonal naive's sCRPS saved, over the same windows")
_LOW_BALANCE = (
    Column("Accounts", numeric=True),
    Column("Windows", numeric=True),
    Column("Event rate", numeric=True, help="windows in which the balance went under the threshold"),
    Column("Brier", numeric=True, help="mean squared error of the probability, lower is better"),
    Column("Base Brier", numeric=True, help="that of the account's own base rate"),
    Column("Skill", numeric=True, help="share of the base Brier saved; with its 95 % interval"),
)


def _low_balance(score: LowBalanceScore) -> tuple[Cell, ...]:
    return (
        count(score.accounts),
        count(score.windows),
        share_estimate(score.event_rate),
        estimate(score.brier),
        estimate(score.base_brier),
        share_estimate(score.skill),
    )
