"""Picks: the candidates of an account that are settled in a round, of its strongest ones."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.records import CANDIDATE

#: Most candidates of an account that are settled in one round.
_MAX_PICKS: Final = 14
#: Candidates whose amounts differ by less than this ratio may be one stream seen in two phases: at most so many of them
#: are settled, and at most so many of one cycle.
_SIMILAR_RATIO: Final = 1.45
_MAX_SIMILAR: Final = 4
_MAX_SIMILAR_IN_CYCLE: Final = 2

_Records = NDArray[Any]


def pick_candidates(ranked: _Records) -> _Records:
    """Return which of ``ranked`` [c, r] are to be settled, [c, 14], strongest first, then of score 0."""
    picks = np.zeros((len(ranked), _MAX_PICKS), dtype=CANDIDATE)
    _pick_candidates(ranked, picks)
    return picks


@subroutine
def _is_similar(one: Any, other: Any) -> Any:
    """Return whether two candidates may be one stream seen twice: equal sign and similar amounts."""
    near = one["low"] <= _SIMILAR_RATIO * other["low"] and other["low"] <= _SIMILAR_RATIO * one["low"]
    return near and one["sign"] == other["sign"]


@subroutine
def _is_distinct(one: Any, picks: _Records) -> bool:
    """Return whether a candidate is settled in addition to the stronger ones already picked."""
    n_similar, n_in_cycle = 0, 0
    for number in range(len(picks)):
        other = picks[number]
        if _is_similar(one, other):
            n_similar += 1
            if one["cycle"] == other["cycle"]:
                n_in_cycle += 1
                if one["place"] == other["place"] and one["width"] == other["width"]:
                    return False  # the same days except for weekends and holidays
            if n_similar == _MAX_SIMILAR or n_in_cycle == _MAX_SIMILAR_IN_CYCLE:
                return False
    return True


@kernel((CANDIDATE, 2), (CANDIDATE, 2))
def _pick_candidates(ranked: _Records, picks: _Records) -> None:
    """Fill the ``picks`` [c, p] of each account from its candidates ``ranked`` [c, r]."""
    for account in range(len(ranked)):
        n = 0
        for one in ranked[account]:
            if n == picks.shape[1] or one["score"] == 0.0:
                break
            if _is_distinct(one, picks[account, :n]):
                picks[account, n] = one
                n += 1
