"""Allotting: which share of which accounts a candidate joins, so that a limit of time buys the most."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class _Step:
    """Every account of a segment goes from one candidate, or none, to a dearer one that promises more."""

    segment: int
    candidate: int
    worth: float
    cost_ms: float


def allot(
    gain: NDArray[np.float64], cost_ms: Sequence[float], accounts: NDArray[np.float64], budget_ms: float
) -> NDArray[np.float64]:
    """Return the share of each segment's accounts that each candidate reaches, [c, s]; an account takes the best.

    ``gain`` [c, s] is what candidates promise, ``cost_ms`` [c] what an account costs them, ``accounts`` [s] how many
    there are. Time goes where it promises most: step by step to the candidate that adds the most for what it adds in
    cost, until the budget is spent (the greedy solution of the knapsack with choices, Sinha and Zoltners, Operations
    Research 27, 1979).
    """
    steps = [step for segment in range(gain.shape[1]) for step in _steps(gain[:, segment], cost_ms, segment)]
    reach = np.zeros(gain.shape)
    for step in sorted(steps, key=lambda one: -one.worth):
        wanted = step.cost_ms * float(accounts[step.segment])
        share = min(1.0, budget_ms / wanted) if wanted > 0 else 1.0
        reach[step.candidate, step.segment] = share
        budget_ms -= share * wanted
        if share < 1.0:
            break
    return reach


def _steps(gain: NDArray[np.float64], cost_ms: Sequence[float], segment: int) -> list[_Step]:
    """Return the steps of one segment, worth less and less."""
    steps: list[_Step] = []
    promised, spent = 0.0, 0.0
    while True:
        better = [
            _Step(segment, number, (float(one) - promised) / (cost_ms[number] - spent), cost_ms[number] - spent)
            for number, one in enumerate(gain)
            if one > promised and cost_ms[number] > spent
        ]
        if not better:
            return steps
        best = max(better, key=lambda step: step.worth)
        steps.append(best)
        promised, spent = float(gain[best.candidate]), cost_ms[best.candidate]
