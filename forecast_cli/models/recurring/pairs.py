"""Pairs: two monthly streams half a month apart with similar amounts become one semi-monthly stream."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.records import STREAM

#: Smallest and largest distance of the two days of the month.
_MIN_DISTANCE: Final = 12
_MAX_DISTANCE: Final = 18
#: Largest distance in days between the first payments of both halves, and between the last.
_WITHIN: Final = 100
#: Largest relative difference of amounts: of pay (which moves to the business day before), of other payments, and of
#: amounts that count as equal.
_PAY: Final = 0.2
_OTHERS: Final = 0.02
_SAME: Final = 1e-6

_Records = NDArray[Any]


def pair_streams(streams: _Records) -> _Records:
    """Return ``streams`` (``STREAM`` [m]) with the halves of semi-monthly ones marked, each naming its partner."""
    paired = streams.copy()
    _pair_accounts(
        paired, np.where(np.array(Rule) == Rule.BEFORE, _PAY, _OTHERS), np.array([Cycle.MONTHLY, Cycle.SEMI_MONTHLY])
    )
    return paired


@subroutine
def _is_close(one: float, other: float, share: float) -> Any:
    return abs(one - other) <= share * max(abs(one), abs(other))


@subroutine
def _amounts_match(one: Any, other: Any, likeness: NDArray[np.float64]) -> Any:
    """Return whether the amounts of two streams match.

    They do if their medians or their next amounts are equal. Otherwise their medians must lie within ``likeness`` of
    the rule, and, except for pay, the amounts of one of them must vary.
    """
    same = _is_close(one["median"], other["median"], _SAME) or _is_close(one["amount"], other["amount"], _SAME)
    like = _is_close(one["median"], other["median"], likeness[one["rule"]])
    pay = likeness[one["rule"]] == _PAY
    return same or (like and (pay or not (one["fixed"] and other["fixed"])))


@subroutine
def _are_halves(one: Any, other: Any, likeness: NDArray[np.float64]) -> Any:
    """Return whether two monthly streams of an account are halves of a semi-monthly one."""
    return (
        one["rule"] == other["rule"]
        and _MIN_DISTANCE <= abs(one["anchor"] - other["anchor"]) <= _MAX_DISTANCE
        and abs(one["first"] - other["first"]) <= _WITHIN
        and abs(one["last"] - other["last"]) <= _WITHIN
        and _amounts_match(one, other, likeness)
    )


@subroutine
def _pair_account(streams: _Records, first: int, behind: int, likeness: NDArray[np.float64], cycles: Any) -> None:
    """Pair up the streams of an account, those from ``first`` to ``behind``: neighbours before others."""
    for away in range(1, behind - first):
        for odd in range(2):
            for place in range(first, behind - away):
                one, other = streams[place], streams[place + away]
                free = one["cycle"] == cycles[0] and other["cycle"] == cycles[0]
                if free and (place - first) // away % 2 == odd and _are_halves(one, other, likeness):
                    one["partner"], other["partner"] = place + away, place
                    one["cycle"], other["cycle"] = cycles[1], cycles[1]


@kernel((STREAM, 1), (np.float64, 1), (np.int64, 1))
def _pair_accounts(streams: _Records, likeness: NDArray[np.float64], cycles: NDArray[np.int64]) -> None:
    """Pair up streams, account by account.

    ``likeness`` is the largest relative difference of amounts for each rule; ``cycles`` [2] are the cycles of a half
    before and after pairing.
    """
    first = 0
    for behind in range(1, len(streams) + 1):
        if behind == len(streams) or streams[behind]["row"] != streams[first]["row"]:
            _pair_account(streams, first, behind, likeness, cycles)
            first = behind
