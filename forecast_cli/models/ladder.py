"""The ladder of fallbacks: an account that the requested model cannot forecast gets a forecast from the next rung.

Rungs: the requested model -> Naive with its own intervals -> LastValue with intervals from the error profile.
"""

import math
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.core.heartbeat import working_on_accounts
from forecast_cli.core.ledger import TOO_SHORT, Flag, Status, describe_failure
from forecast_cli.data.panel import Panel
from forecast_cli.models import last_value, naive
from forecast_cli.models.base import FittedModel, Forecast, Joined, Model, PathShares, RowFailure, blank_numbers
from forecast_cli.models.checks import REACH, AccountFacts, account_facts, check_forecast
from forecast_cli.models.error_profile import shipped_profile
from forecast_cli.models.failures import too_short_message
from forecast_cli.models.one_by_one import fit_and_forecast
from forecast_cli.models.recurring.streams import Streams
from forecast_cli.models.registry import ModelChoice

#: Intervals up to this share of an account's volatility (root mean square daily change) count as without width.
ZERO_WIDTH: Final = 1e-6


@dataclass(frozen=True)
class Outcome:
    """An account not forecast by the requested model: ``status`` fallback or failed, and that model's error.

    ``message`` also names the errors of later rungs. ``model_used`` is None if the account failed.
    """

    row: int
    status: Status
    model_used: str | None
    error: str
    message: str


@dataclass(frozen=True)
class LadderForecast:
    """The forecast of every account, and how it came about.

    ``forecast`` names as failures the accounts that no rung could forecast; its streams and shares come from the
    requested model only. ``model_used`` [n] is the label of the requested model, the name of the rung, or None.
    ``outcomes`` lists, in the order of rows, the accounts that the requested model did not forecast. ``flags`` are [n].
    """

    forecast: Forecast
    model_used: tuple[str | None, ...]
    outcomes: tuple[Outcome, ...]
    flags: tuple[tuple[Flag, ...], ...]


@dataclass(frozen=True)
class _Rung:
    place: int
    name: str
    model: Model
    min_obs: int
    reach: float = REACH
    own_days: int = 0
    fitted: FittedModel | None = None

    def fit(self, panel: Panel) -> FittedModel:
        """Fit the model, or update it with the newer panel if it is already fitted."""
        return self.model.fit(panel) if self.fitted is None else self.fitted.update(panel)


@dataclass
class _Results:
    """The results so far: numbers, the ``rung`` [n] that forecast each row (-1: none), and the errors of each row.

    ``streams`` are those of the requested model, if it finds them; ``shares`` those of the rung that forecast each row,
    plain if it has none. ``joined`` and ``taken_apart`` are as in ``Forecast``.
    """

    mean: NDArray[np.float64]
    quantiles: NDArray[np.float64]
    rung: NDArray[np.int64]
    errors: dict[int, list[tuple[str, RowFailure]]]
    streams: Streams | None = None
    joined: dict[int, Joined] = field(default_factory=dict)
    taken_apart: list[str] = field(default_factory=list)
    shares: PathShares | None = None


def forecast_panel(panel: Panel, choice: ModelChoice, *, h: int, levels: tuple[float, ...]) -> LadderForecast:
    """Forecast the h days after each origin with intervals of ascending ``levels`` (percent).

    The numbers of a row depend on that row alone, to the last bit. Never raises for a single account.
    """
    result, _ = _run_ladder(panel, _build_rungs(choice, choice.build(), h), h=h, levels=levels)
    return result


def update_panel(
    panel: Panel, choice: ModelChoice, *, h: int, levels: tuple[float, ...], fitted: FittedModel | None
) -> tuple[LadderForecast, FittedModel | None]:
    """Forecast as ``forecast_panel`` does, with the model ``fitted`` at earlier origins, or a new one if that is None.

    Also returns the fitted model, for later origins; None as long as every account is too short for it. Raises
    ConfigError for a model that cannot be updated with newer balances.
    """
    requested, *others = _build_rungs(choice, choice.build_updatable(), h)
    return _run_ladder(panel, (replace(requested, fitted=fitted), *others), h=h, levels=levels)


def _run_ladder(
    panel: Panel, rungs: tuple[_Rung, ...], *, h: int, levels: tuple[float, ...]
) -> tuple[LadderForecast, FittedModel | None]:
    """Let the rungs forecast one after the other; return the forecast and the fitted model of the first rung."""
    n, facts = len(panel), account_facts(panel)
    results = _Results(*blank_numbers(n, h, levels), np.full(n, -1, dtype=np.int64), {})
    fitted = [_run_rung(results, panel, facts, rung=rung, levels=levels) for rung in rungs]
    pooled = _pool_constant_accounts(results, panel, facts, levels=levels)
    names = [rung.name for rung in rungs]
    used = tuple(names[place] if place >= 0 else None for place in results.rung)
    failures = tuple(results.errors[row][-1][1] for row in np.flatnonzero(results.rung < 0).tolist())
    result = LadderForecast(
        forecast=Forecast(
            mean=results.mean,
            quantiles=results.quantiles,
            levels=levels,
            failures=failures,
            streams=results.streams,
            joined=results.joined,
            taken_apart=tuple(results.taken_apart),
            shares=results.shares,
        ),
        model_used=used,
        outcomes=tuple(_build_outcome(row, used[row], results.errors[row]) for row in sorted(results.errors)),
        flags=_set_flags(results, panel, facts, pooled=pooled | (results.rung == rungs[-1].place), requested=rungs[0]),
    )
    return result, fitted[0]


def _build_rungs(choice: ModelChoice, model: Model, h: int) -> tuple[_Rung, ...]:
    requested = _Rung(0, choice.label, model, choice.min_obs(h), own_days=choice.spec.own_days)
    second = _Rung(1, naive.SPEC.name, naive.Naive(), naive.MIN_OBS)
    # Its intervals come from other accounts, so the past range of an account that moved little is no bound for them.
    last = _Rung(2, last_value.NAME, last_value.LastValue(), 1, reach=math.inf)
    return (requested, replace(last, place=1)) if choice.spec is naive.SPEC else (requested, second, last)


def _run_rung(
    results: _Results, panel: Panel, facts: AccountFacts, *, rung: _Rung, levels: tuple[float, ...]
) -> FittedModel | None:
    """Let one rung forecast the rows that are left and long enough; return its fitted model, None if there was none."""
    remaining = results.rung < 0
    for row in np.flatnonzero(remaining & (panel.lengths < rung.min_obs)).tolist():
        message = too_short_message(int(panel.lengths[row]), rung.min_obs)
        results.errors.setdefault(row, []).append((rung.name, RowFailure(row, TOO_SHORT, message)))
    rows = np.flatnonzero(remaining & (panel.lengths >= rung.min_obs))
    if not len(rows):
        return rung.fitted
    fitted, forecast = _forecast_rung(rung, panel.take(rows), h=results.mean.shape[1], levels=levels)
    results.taken_apart += forecast.taken_apart
    forecast = check_forecast(forecast, facts.take(rows), reach=rung.reach)
    for failure in forecast.failures:
        row = int(rows[failure.row])
        results.errors.setdefault(row, []).append((rung.name, replace(failure, row=row)))
    done = forecast.done
    results.mean[rows[done]] = forecast.mean[done]
    results.quantiles[rows[done]] = forecast.quantiles[done]
    results.rung[rows[done]] = rung.place
    results.joined |= {int(rows[row]): joined for row, joined in forecast.joined.items() if done[row]}
    if forecast.streams is not None and rung.place == 0:
        results.streams = forecast.streams.with_rows(rows)
    if forecast.shares is not None:
        results.shares = results.shares or PathShares.plain(len(panel))
        results.shares.put(rows[done], forecast.shares.take(done))
    return fitted


def _forecast_rung(rung: _Rung, panel: Panel, *, h: int, levels: tuple[float, ...]) -> tuple[FittedModel, Forecast]:
    """Return the fitted model and its forecast; if it raises on the whole panel, run it on one account at a time."""
    with (
        working_on_accounts(len(panel)),
        np.errstate(invalid="ignore", over="ignore"),
    ):  # ``check_forecast`` looks for non-finite numbers in each row
        return fit_and_forecast(rung.name, rung.model, panel, h, levels, fit=rung.fit)


def _pool_constant_accounts(
    results: _Results, panel: Panel, facts: AccountFacts, *, levels: tuple[float, ...]
) -> NDArray[np.bool_]:
    """Give constant accounts intervals from the error profile around their median, in place; return which, [n].

    Their own past gives no width, and the rounding errors that some models give them are no better. Other accounts keep
    the model's intervals, and are flagged if these have no width, so that the numbers of one level never depend on
    which other levels are requested.
    """
    pooled = np.asarray((results.rung >= 0) & (facts.low == facts.high))
    rows = np.flatnonzero(pooled)
    if len(rows):
        offsets = shipped_profile().offsets(panel.take(rows), results.mean.shape[1], levels)
        results.quantiles[rows] = results.quantiles[rows][:, :, len(levels), None] + offsets
    return pooled


def _has_zero_width(results: _Results, facts: AccountFacts) -> NDArray[np.bool_]:
    with np.errstate(over="ignore", invalid="ignore"):
        widest = (results.quantiles[:, :, -1] - results.quantiles[:, :, 0]).max(axis=1)
        return np.asarray(widest <= ZERO_WIDTH * facts.volatility)


def _build_outcome(row: int, used: str | None, errors: list[tuple[str, RowFailure]]) -> Outcome:
    (_, first), *later = errors
    rest = (f"{name}: {describe_failure(failure.error, failure.message)}" for name, failure in later)
    message = "; ".join([first.message, *rest])
    return Outcome(row, Status.FAILED if used is None else Status.FALLBACK, used, first.error, message)


def _set_flags(
    results: _Results, panel: Panel, facts: AccountFacts, *, pooled: NDArray[np.bool_], requested: _Rung
) -> tuple[tuple[Flag, ...], ...]:
    shares = results.shares or PathShares.plain(len(panel))
    short = np.zeros(len(panel), dtype=np.bool_)
    short[[row for row, ((_, first), *_) in results.errors.items() if first.error == TOO_SHORT]] = True
    conditions = {
        Flag.SHORT: short,
        Flag.LEANING: (results.rung == 0) & (panel.lengths < requested.own_days),
        Flag.PAST_COURSES: shares.past > 0.0,
        Flag.CONSTANT: (facts.low == facts.high) & (panel.lengths > 1),
        Flag.POOLED_INTERVAL: pooled,
        Flag.ZERO_WIDTH: (results.rung >= 0) & _has_zero_width(results, facts),
    }
    flags: list[tuple[Flag, ...]] = [()] * len(panel)
    for row in np.flatnonzero(np.logical_or.reduce(list(conditions.values()))).tolist():
        flags[row] = tuple(flag for flag, condition in conditions.items() if condition[row])
    return tuple(flags)
