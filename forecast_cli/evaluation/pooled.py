"""Pooled figures: sums by group of accounts to the figures of several parts, with their intervals."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import draw_parts, estimates
from forecast_cli.evaluation.metrics import ABSOLUTE_BALANCE, Metric, combine
from forecast_cli.evaluation.report import NOTHING, Estimate


@dataclass(frozen=True)
class Pooled:
    """Means over windows of each of p parts, such as models or steps: ``means`` [p, k metrics] of what is summed for
    each of ``metrics``, and ``draws`` [p, k, samples] of them over groups of accounts drawn again, the same for all.
    """

    metrics: Mapping[str, Metric]
    means: NDArray[np.float64]
    draws: NDArray[np.float64]

    @classmethod
    def of(cls, sums: NDArray[np.float64], metrics: Mapping[str, Metric], *, seed: int) -> "Pooled":
        """Draw the groups of ``sums`` [p, groups, k metrics, then the windows]."""
        totals, draws = draw_parts(sums, seed=seed)
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(metrics, totals[:, :-1] / totals[:, -1:], draws[:, :-1] / draws[:, -1:])

    def figures(self, *, mixed: bool) -> list[dict[str, Estimate]]:
        """Return every metric of each part.

        Where windows of several currencies are ``mixed``, metrics that hold units of the balance are NaN.
        """
        told: list[dict[str, Estimate]] = [{} for _ in self.means]
        size = list(self.metrics).index(ABSOLUTE_BALANCE)
        for place, (name, metric) in enumerate(self.metrics.items()):
            found = [NOTHING] * len(told)
            if not (mixed and metric.in_units):
                values = combine(metric.combine, self.means[:, place], self.means[:, size])
                found = estimates(values, combine(metric.combine, self.draws[:, place], self.draws[:, size]))
            for part, one in zip(told, found, strict=True):
                part[name] = one
        return told

    def skills(self, metric: str, reference: int) -> list[Estimate]:
        """Return one minus the ratio of each part's mean to that of the part ``reference``, for a mean metric.

        Skill score of Murphy (1988), Monthly Weather Review 116, equation 4, for a score that is zero at best.
        """
        own = self.of_metric(metric)
        return skills_over(own, Drawn(own.means[reference], own.draws[reference]))

    def of_metric(self, metric: str) -> "Drawn":
        """Return the mean and the draws of one metric, of each part."""
        place = list(self.metrics).index(metric)
        return Drawn(self.means[:, place], self.draws[:, place])


@dataclass(frozen=True)
class Drawn:
    """Means of one metric, [p], or one mean; and their ``draws``, [p, samples], or [samples]."""

    means: NDArray[np.float64]
    draws: NDArray[np.float64]


def skills_over(own: Drawn, reference: Drawn) -> list[Estimate]:
    """Return one minus the ratio of each mean to the reference's, draw by draw: both over the same drawn accounts.

    Over a reference without any error there is no skill: NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        skills = np.where(reference.means != 0, 1 - own.means / reference.means, np.nan)
        return estimates(skills, 1 - own.draws / reference.draws)
