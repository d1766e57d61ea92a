"""History: estimates from the payments of a stream: its next amount, its punctuality and whether it still runs."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.cycles import OFFSETS
from forecast_cli.models.recurring.records import PAYMENT, STREAM

#: If amounts vary, the next amount is the median of this many payments.
_RECENT: Final = 5
#: If amounts repeat, but the last two differ, it is the median of this many.
_RECENT_FIXED: Final = 3
#: Number of payments from which the spread is estimated.
_SPREAD_OVER: Final = 8
#: Amounts that vary may follow the balance of the day before: number of payments from which that is estimated, the
#: fewest of them, and the smallest share of the variance that it must explain.
_FITTED_OVER: Final = 20
_FEWEST_FITTED: Final = 4
_MIN_EXPLAINED: Final = 0.3
#: A payment takes at most the whole balance, and adds at most this share of it: more than any account pays as interest,
#: so that balances do not grow without limit over many payments.
_MIN_SLOPE: Final = -1.0
_MAX_SLOPE: Final = 0.03
#: Probability that a stream ends between two due days.
_HAZARD: Final = 0.02
#: Factor on the odds that a stream still runs, for each hidden due day since its last payment.
_HIDDEN_FACTOR: Final = 0.7
#: Prior of the punctuality, worth as many payments as its sum.
_PRIOR: Final = np.where(OFFSETS == 0, 1.0, 0.02)

_Values = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Records = NDArray[Any]


def estimate_history(block: Block, streams: _Records, due: _Records) -> tuple[_Records, _Values]:
    """Return ``streams`` (``STREAM`` [m]) with the estimates from their due days, and their part of the flow, [d].

    The part of a due day's flow that belongs to the stream is the amount paid, or the level if amounts repeat or other
    flow hides the payment. The level is the running median of three payments; at both ends, of the three there.
    """
    estimated, parts = streams.copy(), np.zeros(len(due))
    values, balances = np.empty((2, block.t + 1))
    _estimate_streams(
        estimated, due, block.y, block.eps, block.origins, OFFSETS, _PRIOR, parts, values, balances, np.empty(_RECENT)
    )
    return estimated, parts


@subroutine
def _collect_amounts(due: _Records, y: _Values, first: int, values: _Values, balances: _Values) -> tuple[int, int]:
    """Fill ``values`` with the amounts paid, newest first, then a 0; return the index of the newest and the oldest.

    ``balances`` takes the balance of ``y`` on the day before each payment; ``y`` begins on day ``first``.
    """
    n, newest, oldest = 0, -1, -1
    for back in range(len(due)):
        if due[back]["paid"]:
            newest, oldest = back if n == 0 else newest, back
            values[n] = due[back]["amount"]
            balances[n] = y[due[back]["due"] + due[back]["offset"] - first - 1]
            n += 1
    values[n] = 0.0
    return newest, oldest


@subroutine
def _median(values: _Values, buffer: _Values) -> float:
    """Return the median of ``values`` [n], 0 if it is not finite. ``buffer`` is overwritten."""
    n = len(values)
    for place in range(n):
        at = place
        while at > 0 and buffer[at - 1] > values[place]:
            buffer[at] = buffer[at - 1]
            at -= 1
        buffer[at] = values[place]
    middle = buffer[(n - 1) // 2] + buffer[n // 2]
    return middle / 2 if np.isfinite(middle) else 0.0


@subroutine
def _next_amount(values: _Values, one: Any, eps: float, buffer: _Values) -> Any:
    """Return the next amount of a stream from its payments ``values`` [n], newest first."""
    if one["fixed"] and abs(values[0] - values[1]) <= 2 * eps:
        return values[0]
    return _median(values[: _RECENT_FIXED if one["fixed"] else _RECENT], buffer)


@subroutine
def _spread(values: _Values, amount: float) -> float:
    """Return the standard deviation of ``values`` around ``amount``: 1.2533 times their mean absolute distance."""
    total = 0.0
    for place in range(len(values)):
        total += abs(values[place] - amount)
    return 1.2533 * total / len(values)


@subroutine
def _is_in_reach(values: _Values, balances: _Values, now: float) -> Any:
    """Return whether ``now`` lies within the balances before and after payments, or not further away than they span."""
    low = high = balances[0]
    for place in range(len(values)):
        after = balances[place] + values[place]
        low, high = min(low, balances[place], after), max(high, balances[place], after)
    return 2 * low - high <= now <= 2 * high - low


@subroutine
def follow_balance(values: _Values, balances: _Values, now: float, one: Any) -> None:
    """Make the amount a linear function of the balance before, if that explains enough of the variance of ``values``.

    Least squares; the amount is then that at the mean of ``balances``, and the spread is that around the line. The line
    is not used where the last balance ``now`` is out of its reach.
    """
    n, amount, balance = len(values), 0.0, 0.0
    for place in range(n):
        amount += values[place] / n
        balance += balances[place] / n
    square, product, variance = 0.0, 0.0, 0.0
    for place in range(n):
        above, more = balances[place] - balance, values[place] - amount
        square, product, variance = square + above * above, product + above * more, variance + more * more
    slope, total = min(max(product / square, _MIN_SLOPE), _MAX_SLOPE), 0.0
    explained = slope * (2.0 * product - slope * square) / variance
    if not explained > _MIN_EXPLAINED or not _is_in_reach(values, balances, now):
        return
    for place in range(n):
        total += abs(values[place] - amount - slope * (balances[place] - balance))
    one["amount"], one["slope"], one["balance"], one["spread"] = amount, slope, balance, 1.2533 * total / (n - 2)


@subroutine
def _set_days(due: _Records, newest: int, oldest: int, one: Any) -> None:
    """Set the first and the last day paid, and the last due day that was paid or hidden."""
    covered = 0
    while not (due[covered]["paid"] or due[covered]["hidden"]):
        covered += 1
    one["first"] = due[oldest]["due"] + due[oldest]["offset"]
    one["last"] = due[newest]["due"] + due[newest]["offset"]
    one["covered"] = due[covered]["due"]


@subroutine
def _set_chances(due: _Records, newest: int, oldest: int, until: int, one: Any) -> None:
    """Set the probabilities that a stream still runs and that a due payment comes, from due days up to ``until``.

    With u the rate of misses while it runs, r misses and q hidden due days since the last payment, and the hazard g,
    the odds that it has ended are g (r + q + 1) / (u^r 0.7^q).
    """
    misses, trailing, unsure = 0, 0, 0
    for back in range(oldest + 1):
        day = due[back]
        if day["known"] and day["due"] <= until:
            missed = not day["paid"] and not day["hidden"]
            misses += missed and back >= newest
            trailing += missed and back < newest
            unsure += day["hidden"] and back < newest
    rate_missed = (misses + 0.4) / (oldest - newest + 1 + 3.0)
    chance = rate_missed ** float(trailing) * _HIDDEN_FACTOR ** float(unsure)
    one["alive"] = chance / (chance + _HAZARD * (trailing + unsure + 1))
    one["rate"] = 1.0 - rate_missed


@subroutine
def _set_punctuality(due: _Records, earliest: int, prior: _Values, shares: _Values) -> None:
    """Fill ``shares`` with the probability of each offset, from ``earliest`` on."""
    shares[:] = 0.0
    for back in range(len(due)):
        if due[back]["paid"]:
            shares[due[back]["offset"] - earliest] += 1.0
    total = 0.0
    for place in range(len(prior)):
        shares[place] += prior[place]
        total += shares[place]
    for place in range(len(prior)):
        shares[place] /= total


@subroutine
def _running_median(values: _Values, place: int) -> Any:
    """Return the median of the value at ``place`` and its two neighbours."""
    before, after = values[place - 1], values[place + 1]
    return max(min(before, after), min(max(before, after), values[place]))


@subroutine
def _set_parts(due: _Records, one: Any, oldest: int, values: _Values, parts: _Values) -> None:
    """Fill ``parts`` with the stream's part of each due day; ``values`` are its payments, newest first, then a 0."""
    before = 0
    for back in range(len(due)):
        day = due[back]
        level = _running_median(values, max(min(before, one["n_seen"] - 2), 1))
        held = day["within"] and back <= oldest and (before > 0 or one["alive"] > 0.5)
        parts[back] = level if held else 0.0
        if day["paid"]:
            parts[back] = level if one["fixed"] else day["amount"]
            before += 1


@kernel(
    (STREAM, 1), (PAYMENT, 1), (np.float64, 2), (np.float64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 1),
    (np.float64, 1), (np.float64, 1), (np.float64, 1), (np.float64, 1),
)  # fmt: skip
def _estimate_streams(
    streams: _Records,
    payments: _Records,
    y: NDArray[np.float64],
    eps: _Values,
    origins: _Ints,
    offsets: _Ints,
    prior: _Values,
    parts: _Values,
    values: _Values,
    balances: _Values,
    buffer: _Values,
) -> None:
    """Set the estimates of each stream and fill ``parts``; ``values``, ``balances`` and ``buffer`` are overwritten."""
    for number in range(len(streams)):
        one = streams[number]
        due, row = payments[one["start"] : one["end"]], one["row"]
        newest, oldest = _collect_amounts(due, y[row], origins[row] - y.shape[1] + 1, values, balances)
        amounts = values[: one["n_seen"]]
        one["amount"] = _next_amount(amounts, one, eps[row], buffer)
        one["spread"] = _spread(amounts[:_SPREAD_OVER], one["amount"])
        one["slope"], one["balance"] = 0.0, 0.0
        if not one["fixed"] and len(amounts) >= _FEWEST_FITTED:
            recent = min(len(amounts), _FITTED_OVER)
            follow_balance(amounts[:recent], balances[:recent], y[row, -1], one)
        _set_days(due, newest, oldest, one)
        _set_chances(due, newest, oldest, origins[row] - offsets[-1], one)
        _set_punctuality(due, offsets[0], prior, one["punctuality"])
        _set_parts(due, one, oldest, values, parts[one["start"] : one["end"]])
