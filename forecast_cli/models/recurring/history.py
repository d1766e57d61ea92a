"""History: what the payments of a stream say of its amount, its punctuality and whether it still runs."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.cycles import LATEST, OFFSETS
from forecast_cli.models.rows import row_sums

#: Payments that the amount to come is taken from, and those that its spread is.
_RECENT: Final = 5
_SPREAD_OVER: Final = 8
#: Chance that a stream ends between two due days.
_HAZARD: Final = 0.02
#: Punctuality that a stream is taken to have before it has shown its own, worth as many payments as it sums to.
_PRIOR: Final = np.where(OFFSETS == 0, 1.0, 0.02)

_Records = NDArray[Any]


@dataclass(frozen=True)
class History:
    """What is known of m streams from their payments.

    ``n_seen`` payments, ``first`` and ``last`` days paid, ``covered`` the last due day that was paid or may have been,
    ``amount`` (signed) and ``spread`` (standard deviation) of the next payment, ``fixed`` whether amounts repeat,
    ``alive`` the probability that it still runs, ``rate`` that a due payment comes while it runs, ``punctuality`` [m,
    o] the probability of each of ``OFFSETS``; ``explained`` [m, k] the part of the account's flow that is the stream's,
    on the days ``day`` [m, k]; ``median`` the median amount. [m] where not said.
    """

    n_seen: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    covered: NDArray[np.int64]
    amount: NDArray[np.float64]
    median: NDArray[np.float64]
    spread: NDArray[np.float64]
    fixed: NDArray[np.bool_]
    alive: NDArray[np.float64]
    rate: NDArray[np.float64]
    punctuality: NDArray[np.float64]
    day: NDArray[np.int64]
    explained: NDArray[np.float64]


def tell_history(streams: _Records, due: _Records, *, eps: NDArray[np.float64], origin: NDArray[np.int64]) -> History:
    """Return the history of m streams, of ``STREAM`` [m], from their due days, of ``PAYMENT`` [m, k].

    ``eps`` [m] is what equal amounts may differ by, ``origin`` [m] in days.
    """
    paid, k = due["paid"], due.shape[1]
    values = _newest_first(due, streams["n_seen"])
    amount, spread = _next_amount(values, streams, eps)
    newest, oldest = np.argmax(paid, axis=1), k - 1 - np.argmax(paid[:, ::-1], axis=1)
    due_day: NDArray[np.int64] = due["due"].astype(np.int64)
    day = due_day + due["offset"]
    rows = np.arange(len(paid))
    alive, rate = _still_runs(due, newest, oldest, origin)
    return History(
        n_seen=streams["n_seen"],
        first=day[rows, oldest],
        last=day[rows, newest],
        covered=due_day[rows, np.argmax(paid | due["hidden"], axis=1)],
        amount=amount,
        median=streams["median"],
        spread=spread,
        fixed=streams["fixed"],
        alive=alive,
        rate=rate,
        punctuality=_punctuality(due),
        day=day,
        explained=_explained(streams, due, values, oldest=oldest, alive=alive),
    )


def _newest_first(due: _Records, n_seen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the amounts [m, k] of the payments found, moved up to the front of each row, 0 behind them."""
    values: NDArray[np.float64] = np.zeros(due.shape)
    values[np.arange(values.shape[1]) < n_seen[:, None]] = due["amount"][due["paid"]]
    return values


def _middles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the median of each payment [m, k] and those before and after it; at the end of a row of the last three."""
    wide = np.concatenate([values[:, :1], values, values[:, -1:]], axis=1)
    before, after = wide[:, :-2], wide[:, 2:]
    return np.asarray(np.maximum(np.minimum(before, after), np.minimum(np.maximum(before, after), values)))


def _next_amount(
    values: NDArray[np.float64], streams: _Records, eps: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n_seen = streams["n_seen"]
    repeated = np.abs(values[:, 0] - values[:, 1]) <= 2 * eps
    amount = np.where(
        streams["fixed"],
        np.where(repeated, values[:, 0], _median_of(values, n_seen, 3)),
        _median_of(values, n_seen, _RECENT),
    )
    used = np.arange(min(_SPREAD_OVER, values.shape[1])) < n_seen[:, None]
    away = np.where(used, np.abs(values[:, :_SPREAD_OVER] - amount[:, None]), 0.0)
    return amount, 1.2533 * row_sums(away) / np.maximum(np.count_nonzero(used, axis=1), 1)


def _median_of(values: NDArray[np.float64], n_seen: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the median of the newest ``count`` payments, the mean of the two in the middle of an even number."""
    some = values[:, :count]
    used = np.arange(some.shape[1]) < n_seen[:, None]
    many = np.maximum(np.count_nonzero(used, axis=1), 1)
    ordered = np.sort(np.where(used, some, np.inf), axis=1)
    rows = np.arange(len(some))
    middle = ordered[rows, (many - 1) // 2] + ordered[rows, many // 2]
    return np.where(np.isfinite(middle), middle / 2, 0.0)


def _still_runs(
    due: _Records, newest: NDArray[np.int64], oldest: NDArray[np.int64], origin: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the probabilities that a stream has not ended, and that a due payment comes.

    With a rate of misses u while it runs, r misses since the last payment and a hazard g, the odds that it has ended
    are g (r + 1) / u^r.
    """
    back = np.arange(due.shape[1])
    over = due["known"] & (due["due"] + LATEST <= origin[:, None])
    missed = over & ~due["paid"] & ~due["hidden"]
    inside = (back >= newest[:, None]) & (back <= oldest[:, None])
    misses = np.count_nonzero(missed & inside, axis=1)
    rate_missed = (misses + 0.4) / (np.count_nonzero(inside, axis=1) + 3.0)
    trailing = np.count_nonzero(missed & (back < newest[:, None]), axis=1)
    unsure = np.count_nonzero(over & due["hidden"] & (back < newest[:, None]), axis=1)
    chance = rate_missed**trailing * 0.7**unsure
    return chance / (chance + _HAZARD * (trailing + unsure + 1)), 1.0 - rate_missed


def _punctuality(due: _Records) -> NDArray[np.float64]:
    counts = np.stack([np.count_nonzero(due["paid"] & (due["offset"] == offset), axis=1) for offset in OFFSETS], axis=1)
    return (counts + _PRIOR) / row_sums(counts + _PRIOR)[:, None]


def _explained(
    streams: _Records,
    due: _Records,
    values: NDArray[np.float64],
    *,
    oldest: NDArray[np.int64],
    alive: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the stream's part of the flow: what was paid, or its level where amounts repeat or other flow hides it.

    The level is the running median of three payments, at both ends that of the three there.
    """
    k, paid = due.shape[1], due["paid"]
    before: NDArray[np.int64] = np.cumsum(paid, axis=1) - paid
    place = np.clip(before, 1, np.clip(streams["n_seen"] - 2, 1, k - 1)[:, None])
    level = np.take_along_axis(_middles(values), place, axis=1)
    own = np.where(streams["fixed"][:, None], level, due["amount"])
    inside = (np.arange(k) <= oldest[:, None]) & ((before > 0) | (alive > 0.5)[:, None])
    return np.where(paid, own, np.where(due["within"] & inside, level, 0.0))
