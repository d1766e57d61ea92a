"""Allocation of a time budget: the share of each segment's accounts that each candidate joins."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class _Step:
    """The step of a segment from one candidate, or none, to a more expensive one with more gain.

    ``cost_ms`` is what the step adds per account; ``worth`` is the added gain per millisecond.
    """

    segment: int
    candidate: int
    worth: float
    cost_ms: float


def allocate_budget(
    gain: NDArray[np.float64], cost_ms: Sequence[float], accounts: NDArray[np.float64], budget_ms: float
) -> NDArray[np.float64]:
    """Return the share of each segment's accounts that each candidate reaches, [c, s]; an account takes the best one.

    ``gain`` [c, s] is the gain of each candidate per account, ``cost_ms`` [c] its cost per account, ``accounts`` [s]
    the number of accounts. Steps are taken in the order of added gain per added cost until ``budget_ms`` is spent: the
    greedy solution of the multiple-choice knapsack problem (Sinha and Zoltners, Operations Research 27, 1979).
    """
    steps = [step for segment in range(gain.shape[1]) for step in _list_steps(gain[:, segment], cost_ms, segment)]
    reach = np.zeros(gain.shape)
    for step in sorted(steps, key=lambda one: -one.worth):
        wanted = step.cost_ms * float(accounts[step.segment])
        share = min(1.0, budget_ms / wanted) if wanted > 0 else 1.0
        reach[step.candidate, step.segment] = share
        budget_ms -= share * wanted
        if share < 1.0:
            break
    return reach


def _list_steps(gain: NDArray[np.float64], cost_ms: Sequence[float], segment: int) -> list[_Step]:
    """Return the steps of one segment, by descending worth."""
    steps: list[_Step] = []
    gained, spent = 0.0, 0.0
    while True:
        better = [
            _Step(segment, number, (float(one) - gained) / (cost_ms[number] - spent), cost_ms[number] - spent)
            for number, one in enumerate(gain)
            if one > gained and cost_ms[number] > spent
        ]
        if not better:
            return steps
        best = max(better, key=lambda step: step.worth)
        steps.append(best)
        gained, spent = float(gain[best.candidate]), cost_ms[best.candidate]
