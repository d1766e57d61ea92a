"""Tables of low-balance alarms: what acting on the highest probabilities would have caught, and the crossing dates."""

from forecast_cli.core.text import counted
from forecast_cli.evaluation.report import Budget, CrossingDate, LowBalanceCalibration, Report
from forecast_cli.reports.tables import (
    Cell,
    Column,
    Table,
    build_table,
    count,
    ratio_estimate,
    share,
    share_estimate,
    text_cell,
)
from forecast_cli.reports.tables_segments import ASKED

_OVER = "Over windows that were not under the threshold to begin with."


def alarms_table(report: Report, *, model: str | None = None) -> Table:
    """Return how many of the riskiest windows ran low, by model: the mean of all windows, then each budget of alarms.

    ``model`` None means all models.
    """
    calibrations = [one for one in report.low_balance_calibration if model in (None, one.model)]
    columns = (
        Column("Model"),
        *ASKED,
        Column("Windows", numeric=True, help="windows that were not under the threshold at the cutoff"),
        Column("Given", numeric=True, help="mean probability"),
        Column("Came", numeric=True, help="share that ran low"),
        *(column for budget in (calibrations[0].budgets if calibrations else ()) for column in _columns(budget)),
    )
    rows = [(*_about(one), *(cell for budget in one.budgets for cell in _cells(budget))) for one in calibrations]
    return build_table("alarms", "The riskiest windows, and how many of them ran low", columns, rows, note=_OVER)


def dates_table(report: Report) -> Table:
    """Return how often the dates by which 10, 50 and 90 % of paths had crossed were right, for all models."""
    calibrations = report.low_balance_calibration
    columns = (
        Column("Model"),
        *ASKED,
        *(
            column
            for date in (calibrations[0].dates if calibrations else ())
            for column in (
                Column(f"By {_percent(date.share)}, given", numeric=True, help="mean share of paths that had crossed"),
                Column("Came", numeric=True, help="share of windows that had crossed by that date"),
            )
        ),
    )
    rows = [
        (
            text_cell(one.model),
            text_cell(one.threshold),
            count(one.days),
            *(cell for date in one.dates for cell in (_given(date), share_estimate(date.observed))),
        )
        for one in calibrations
    ]
    return build_table("crossing-dates", "Dates of first crossing, and how they came true", columns, rows, note=_OVER)


def _about(one: LowBalanceCalibration) -> tuple[Cell, ...]:
    return (
        text_cell(one.model),
        text_cell(one.threshold),
        count(one.days),
        count(one.windows),
        share(one.predicted.value),
        share_estimate(one.observed),
    )


def _columns(budget: Budget) -> tuple[Column, ...]:
    name = _percent(budget.share)
    return (
        Column(f"Top {name}", numeric=True, help=f"of the {name} of the highest probability, how many ran low"),
        Column("Lift", numeric=True, help="that over the share of all windows that did"),
        Column("Caught", numeric=True, help="share of all windows that ran low that are among them"),
        Column("Lead, days", numeric=True, help="median days until they did; beneath, the quartiles"),
    )


def _cells(budget: Budget) -> tuple[Cell, ...]:
    low, middle, high = budget.lead
    quartiles = f"{low:.3g} to {high:.3g}" if middle == middle else ""
    lead = Cell(f"{middle:.3g}", middle, quartiles) if quartiles else share(middle)
    return share_estimate(budget.precision), ratio_estimate(budget.lift), share_estimate(budget.recall), lead


def _given(date: CrossingDate) -> Cell:
    cell = share(date.predicted.value)
    return Cell(cell.text, cell.value, counted(date.windows, "window"))


def _percent(value: float) -> str:
    return f"{100 * value:g} %"
