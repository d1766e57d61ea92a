"""Score the forecast of payments whose cycles the sample lacks, such as pay every four weeks.

python -m benchmarks.paydays [SEED ...]

The pay of 250 sample accounts is moved to other days, or a bill is added, and the 30 days before the last 45 are
forecast by RecurringEvents. *On the day* is the probability that the forecast gives to payments of these days on the
day on which they come, with an amount within a quarter. *Error* is the mean absolute error of the forecast, in scales
(30 mean absolute daily flows). Both are means over the accounts with pay and at least 180 days of history that have
such a payment. *As planted* is the error where pay comes as it does in the sample.

The last row is a backtest of auto: pay of a third of 250 accounts each comes on a Wednesday, on the last Friday and
every four weeks. It has the scaled CRPS, the coverage of 80 % intervals, and the Brier scores of a low point under 0
within 30 days of auto and of the account's own base rate.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.backtested import backtested
from benchmarks.brier import brier_scores
from benchmarks.recurring_events import panel_of
from forecast_cli.config.settings import Settings
from forecast_cli.data.panel import Panel
from forecast_cli.data.sample.block import planted_payments
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.models.recurring.business_days import Rule, shift_days
from forecast_cli.models.recurring.cycles import OFFSETS
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.events import coming_events
from forecast_cli.models.recurring.model import forecast_balances

SEEDS: Final = (901, 902)
BACKTEST_SEED: Final = 7
ACCOUNTS, DAYS, AHEAD, AFTER, ENOUGH = 250, 775, 30, 45, 180
A_YEAR: Final = 365
RAISE: Final = 0.03
VARIES: Final = 0.06
WEDNESDAY, FRIDAY = 2, 4

_Flow = NDArray[np.float64]
_Days = NDArray[np.int64]
_Due = Callable[["Days", int], NDArray[np.bool_]]


@dataclass(frozen=True)
class Days:
    """The days of a panel: since 1970-01-01, their month, day of the month, days to its end, and weekday; all [t]."""

    day: _Days
    month: _Days
    number: _Days
    left: _Days
    weekday: _Days

    @staticmethod
    def of(panel: Panel) -> "Days":
        """Return the days of ``panel``, all of whose accounts have one origin."""
        dates = panel.origins[0].astype("datetime64[D]") - np.arange(panel.y.shape[1] - 1, -1, -1)
        months = dates.astype("datetime64[M]")
        day = dates.astype(np.int64)
        return Days(
            day=day,
            month=months.astype(np.int64),
            number=(dates - months.astype("datetime64[D]")).astype(np.int64) + 1,
            left=((months + np.timedelta64(1, "M")).astype("datetime64[D]") - dates).astype(np.int64),
            weekday=(day + 3) % 7,
        )


def _weekday_of_month(days: Days, draw: int) -> NDArray[np.bool_]:
    return (days.weekday == WEDNESDAY) & ((days.number - 1) // 7 == 1 + draw % 3)


def _last_friday(days: Days, _draw: int) -> NDArray[np.bool_]:
    return (days.weekday == FRIDAY) & (days.left <= 7)


def _every_four_weeks(days: Days, draw: int) -> NDArray[np.bool_]:
    return days.day % 28 == draw % 28


def _every_two_months(days: Days, draw: int) -> NDArray[np.bool_]:
    return (days.number == 1 + draw % 28) & (days.month % 2 == draw // 28 % 2)


def _business_day(days: Days, number: int) -> NDArray[np.bool_]:
    """Return which days are the business day of that number in their month, counted from its end if negative."""
    business = shift_days(days.day, Rule.AFTER, "US") == days.day
    due = np.zeros(len(business), dtype=np.bool_)
    for month in np.unique(days.month):
        own = np.flatnonzero(business & (days.month == month))
        if len(own) >= abs(number):
            due[own[number - (number > 0)]] = True
    return due


def _third_business_day(days: Days, _draw: int) -> NDArray[np.bool_]:
    return _business_day(days, 3)


def _second_last_business_day(days: Days, _draw: int) -> NDArray[np.bool_]:
    return _business_day(days, -2)


#: Each kind: its days, and its amount as a multiple of monthly pay (1 replaces pay, a negative one is a bill).
KINDS: Final[Mapping[str, tuple[_Due, float]]] = {
    "second to fourth Wednesday": (_weekday_of_month, 1.0),
    "last Friday": (_last_friday, 1.0),
    "every four weeks": (_every_four_weeks, 1.0),
    "third business day": (_third_business_day, 1.0),
    "second last business day": (_second_last_business_day, 1.0),
    "bill every two months": (_every_two_months, -0.15),
}


def pay_of(spec: SampleSpec, panel: Panel, days: Days) -> _Flow:
    """Return the planted pay of each account, [n, t]."""
    paid = planted_payments(spec, 0, spec.accounts).filter(pl.col("kind") == "salary")
    row = np.searchsorted(panel.ids.to_numpy(), paid["account_id"].to_numpy())
    flow = np.zeros(panel.y.shape)
    column = paid["date"].to_numpy().astype("datetime64[D]").astype(np.int64) - days.day[0]
    np.add.at(flow, (row, column), paid["amount"].to_numpy())
    return flow


def moved(due: _Due, share: float, pay: _Flow, days: Days, *, varies: bool) -> _Flow:
    """Return the payments of one kind [n, t]; they rise once a year, and vary by 6 % from one to the next if asked."""
    rng = np.random.default_rng(5)
    monthly = pay[:, -A_YEAR:].sum(axis=1) / 12
    flow = np.zeros(pay.shape)
    for row in range(len(pay)):
        on = np.flatnonzero(due(days, int(rng.integers(10**6))))
        raised = (1 + RAISE) ** (days.day[on] // A_YEAR - days.day[-1] // A_YEAR)
        flow[row, on] = np.round(share * monthly[row] * raised * (1 + varies * VARIES * rng.normal(size=len(on))), 2)
    return flow


def score(panel: Panel, change: _Flow, payments: _Flow) -> tuple[int, float, float]:
    """Return the number of accounts scored, the probability of their payments, and the error of their forecast.

    ``change`` [n, t] is added to the flow; ``payments`` [n, t] are those that are looked for.
    """
    y = _changed(panel, change)
    behind, end = panel.y.shape[1] - AFTER - AHEAD, panel.y.shape[1] - AFTER
    cut = replace(
        panel,
        y=np.ascontiguousarray(y[:, :behind]),
        lengths=panel.lengths - AFTER - AHEAD,
        origins=panel.origins - np.timedelta64(AFTER + AHEAD, "D"),
    )
    kept = np.flatnonzero((cut.lengths >= ENOUGH) & (payments[:, behind:end] != 0.0).any(axis=1))
    cut, ahead = cut.take(kept), payments[kept, behind:end]
    streams = find_streams(cut)
    scale = AHEAD * np.nanmean(np.abs(np.diff(panel.y[kept], axis=1)), axis=1)
    mean, *_ = forecast_balances(cut, streams, AHEAD)
    events, origin = coming_events(streams, cut.origins, AHEAD), cut.origins.astype("datetime64[D]").astype(np.int64)
    chance, row = np.zeros(ahead.shape), streams.row[events.stream]
    amount = streams.amount[events.stream]
    for event, place in zip(*np.nonzero(events.chance), strict=True):
        at, day = row[event], events.due[event] + OFFSETS[place] - origin[row[event]] - 1
        if 0 <= day < AHEAD and abs(amount[event] - ahead[at, day]) <= 0.25 * abs(ahead[at, day]):
            chance[at, day] += events.chance[event, place]
    on_the_day = chance.sum(axis=1) / (ahead != 0.0).sum(axis=1)
    error = np.abs(mean - y[kept, behind:end]).mean(axis=1) / scale
    return len(kept), float(on_the_day.mean()), float(error.mean())


def _changed(panel: Panel, change: _Flow) -> NDArray[np.float64]:
    """Return the balances [n, t] of ``panel`` with ``change`` [n, t] added to the flow."""
    return np.round(panel.y + np.cumsum(np.where(np.isnan(panel.y), 0.0, change), axis=1), 2)


def backtest_auto(spec: SampleSpec) -> str:
    """Return a row with the scores of auto where pay comes in three of these ways."""
    panel = panel_of(spec)
    days = Days.of(panel)
    pay = pay_of(spec, panel, days)
    new = np.zeros_like(pay)
    for place, name in enumerate(("second to fourth Wednesday", "last Friday", "every four weeks")):
        new[place::3] = moved(*KINDS[name], pay, days, varies=place == 1)[place::3]
    n, t = panel.y.shape
    table = pl.DataFrame(
        {
            "account_id": np.repeat(panel.ids.to_numpy(), t),
            "date": np.tile(days.day.astype("datetime64[D]"), n),
            "balance": _changed(panel, new - pay).ravel(),
        }
    )
    known = table.filter(~pl.col("balance").is_nan())
    with backtested(known, Settings(model=("auto",), threshold=("0",))) as output:
        [board] = pl.read_parquet(output / "leaderboard.parquet").iter_rows(named=True)
        low = brier_scores(output, "0").row(0, named=True)
    return f"auto: {board['scrps']:.3f} {board['coverage_80']:.3f} {low['brier']:.4f} {low['base']:.4f}"


def main(seeds: list[int]) -> None:
    """Print a row for each seed, kind, and whether amounts vary."""
    print(f"{'kind':<28} {'seed':>5} {'amounts':>8} {'accounts':>9} {'on the day':>11} {'error':>7}")
    for seed in seeds:
        spec = SampleSpec(accounts=ACCOUNTS, days=DAYS, seed=seed)
        panel = panel_of(spec)
        days = Days.of(panel)
        pay = pay_of(spec, panel, days)
        rows = {("as planted", "planted"): score(panel, np.zeros_like(pay), pay)}
        for name, (due, share) in KINDS.items():
            for varies in (False, True):
                new = moved(due, share, pay, days, varies=varies)
                rows[name, "vary" if varies else "repeat"] = score(panel, new - (share > 0) * pay, new)
        for (name, amounts), (n, chance, error) in rows.items():
            print(f"{name:<28} {seed:>5} {amounts:>8} {n:>9} {chance:>11.2f} {error:>7.3f}", flush=True)
    print(backtest_auto(SampleSpec(accounts=ACCOUNTS, days=DAYS, seed=BACKTEST_SEED)))


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or list(SEEDS))
