"""History: what the payments of a stream say of its amount, its punctuality and whether it still runs."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, part
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.cycles import OFFSETS
from forecast_cli.models.recurring.records import PAYMENT, STREAM

#: Payments that the amount to come is taken from where amounts vary, and where they repeat but did not just now, and
#: those that its spread is.
_RECENT: Final = 5
_FEW: Final = 3
_SPREAD_OVER: Final = 8
#: Chance that a stream ends between two due days, and that one which other flow may hide has not been paid.
_HAZARD: Final = 0.02
_HIDDEN: Final = 0.7
#: Punctuality that a stream is taken to have before it has shown its own, worth as many payments as it sums to.
_PRIOR: Final = np.where(OFFSETS == 0, 1.0, 0.02)

_Values = NDArray[np.float64]
_Whole = NDArray[np.int64]
_Records = NDArray[Any]


def tell_history(block: Block, streams: _Records, due: _Records) -> tuple[_Records, _Values]:
    """Return streams, of ``STREAM`` [m], with all that their due days say of them, and what is theirs of each, [d].

    The part of a day's flow that is the stream's is what was paid, or its level where amounts repeat or other flow
    hides it. The level is the running median of three payments, at both ends that of the three there.
    """
    told, parts = streams.copy(), np.zeros(len(due))
    _tell(told, due, block.eps, block.origins, OFFSETS, _PRIOR, parts, np.empty(block.t + 1), np.empty(_RECENT))
    return told, parts


@part
def _newest_first(due: _Records, values: _Values) -> tuple[int, int]:
    """Write the amounts paid to the front of ``values``, 0 behind them; return the places of the first and the last."""
    n, newest, oldest = 0, -1, -1
    for back in range(len(due)):
        if due[back]["paid"]:
            newest, oldest = back if n == 0 else newest, back
            values[n] = due[back]["amount"]
            n += 1
    values[n] = 0.0
    return newest, oldest


@part
def _median(values: _Values, some: _Values) -> float:
    """Return the median of ``values`` [n], the mean of the two in the middle of an even number, 0 if it is not finite.

    ``some`` is written over.
    """
    n = len(values)
    for place in range(n):
        at = place
        while at > 0 and some[at - 1] > values[place]:
            some[at] = some[at - 1]
            at -= 1
        some[at] = values[place]
    middle = some[(n - 1) // 2] + some[n // 2]
    return middle / 2 if np.isfinite(middle) else 0.0


@part
def _next_amount(values: _Values, one: Any, eps: float, some: _Values) -> Any:
    """Return the payment to come of a stream, ``values`` [n] being those that came, the newest first."""
    if one["fixed"] and abs(values[0] - values[1]) <= 2 * eps:
        return values[0]
    return _median(values[: _FEW if one["fixed"] else _RECENT], some)


@part
def _spread(values: _Values, amount: float) -> float:
    """Return the standard deviation of ``values`` from an ``amount``, by their mean distance."""
    total = 0.0
    for place in range(len(values)):
        total += abs(values[place] - amount)
    return 1.2533 * total / len(values)


@part
def _set_days(due: _Records, newest: int, oldest: int, one: Any) -> None:
    """Write the first and the last day paid, and the last due day that was paid or may have been."""
    covered = 0
    while not (due[covered]["paid"] or due[covered]["hidden"]):
        covered += 1
    one["first"] = due[oldest]["due"] + due[oldest]["offset"]
    one["last"] = due[newest]["due"] + due[newest]["offset"]
    one["covered"] = due[covered]["due"]


@part
def _set_chances(due: _Records, newest: int, oldest: int, until: int, one: Any) -> None:
    """Write the probabilities that a stream has not ended, and that a due payment comes; of days due up to ``until``.

    With a rate of misses u while it runs, r misses since the last payment and a hazard g, the odds that it has ended
    are g (r + 1) / u^r.
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
    chance = rate_missed ** float(trailing) * _HIDDEN ** float(unsure)
    one["alive"] = chance / (chance + _HAZARD * (trailing + unsure + 1))
    one["rate"] = 1.0 - rate_missed


@part
def _set_punctuality(due: _Records, earliest: int, prior: _Values, shares: _Values) -> None:
    """Write the probability of each offset from ``earliest`` on."""
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


@part
def _middle(values: _Values, place: int) -> Any:
    """Return the median of a value and those before and after it."""
    before, after = values[place - 1], values[place + 1]
    return max(min(before, after), min(max(before, after), values[place]))


@part
def _set_parts(due: _Records, one: Any, oldest: int, values: _Values, parts: _Values) -> None:
    """Write the stream's part of each day; ``values`` are the payments, the newest first, 0 behind them."""
    before = 0
    for back in range(len(due)):
        day = due[back]
        level = _middle(values, max(min(before, one["n_seen"] - 2), 1))
        held = day["within"] and back <= oldest and (before > 0 or one["alive"] > 0.5)
        parts[back] = level if held else 0.0
        if day["paid"]:
            parts[back] = level if one["fixed"] else day["amount"]
            before += 1


@kernel(
    (STREAM, 1), (PAYMENT, 1), (np.float64, 1), (np.int64, 1), (np.int64, 1), (np.float64, 1), (np.float64, 1),
    (np.float64, 1), (np.float64, 1),
)  # fmt: skip
def _tell(
    streams: _Records,
    payments: _Records,
    eps: _Values,
    origins: _Whole,
    offsets: _Whole,
    prior: _Values,
    parts: _Values,
    values: _Values,
    some: _Values,
) -> None:
    """Write what is known of each stream; ``values`` and ``some`` are written over."""
    for number in range(len(streams)):
        one = streams[number]
        due, row = payments[one["start"] : one["end"]], one["row"]
        newest, oldest = _newest_first(due, values)
        own = values[: one["n_seen"]]
        one["amount"] = _next_amount(own, one, eps[row], some)
        one["spread"] = _spread(own[:_SPREAD_OVER], one["amount"])
        _set_days(due, newest, oldest, one)
        _set_chances(due, newest, oldest, origins[row] - offsets[-1], one)
        _set_punctuality(due, offsets[0], prior, one["punctuality"])
        _set_parts(due, one, oldest, values, parts[one["start"] : one["end"]])
