"""Pooled figures: metrics of several parts (models, steps or segments) with their intervals, from sums by group."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast_cli.evaluation.bootstrap import draw_part_totals, estimates
from forecast_cli.evaluation.metrics import ABSOLUTE_BALANCE, Metric, combine
from forecast_cli.evaluation.report import NO_ESTIMATE, Estimate


@dataclass(frozen=True)
class Pooled:
    """Mean summands over the windows of each of p parts, such as models or steps.

    ``means`` [p, k] holds a mean for each of the k ``metrics``, and ``draws`` [p, k, samples] its bootstrap samples
    over groups of accounts. All parts use the same drawn groups.
    """

    metrics: Mapping[str, Metric]
    means: NDArray[np.float64]
    draws: NDArray[np.float64]

    @classmethod
    def of(cls, sums: NDArray[np.float64], metrics: Mapping[str, Metric], *, seed: int) -> "Pooled":
        """Draw the groups of ``sums`` [p, groups, k + 1]: a column for each metric, and last the number of windows."""
        totals, draws = draw_part_totals(sums, seed=seed)
        with np.errstate(divide="ignore", invalid="ignore"):
            return cls(metrics, totals[:, :-1] / totals[:, -1:], draws[:, :-1] / draws[:, -1:])

    def figures(self, *, mixed: bool) -> list[dict[str, Estimate]]:
        """Return every metric of each part.

        If windows of several currencies are ``mixed``, metrics in units of the balance are NaN.
        """
        parts: list[dict[str, Estimate]] = [{} for _ in self.means]
        size = list(self.metrics).index(ABSOLUTE_BALANCE)
        for place, (name, metric) in enumerate(self.metrics.items()):
            estimated = [NO_ESTIMATE] * len(parts)
            if not (mixed and metric.in_units):
                values = combine(metric.combine, self.means[:, place], self.means[:, size])
                estimated = estimates(values, combine(metric.combine, self.draws[:, place], self.draws[:, size]))
            for figures, estimate in zip(parts, estimated, strict=True):
                figures[name] = estimate
        return parts

    def skills(self, metric: str, reference: int) -> list[Estimate]:
        """Return 1 minus the ratio of each part's mean to that of part ``reference``, for a metric that is a mean.

        Skill score of Murphy (1988), Monthly Weather Review 116, equation 4, for a score whose best value is zero.
        """
        own = self.of_metric(metric)
        return estimate_skills(own, MetricDraws(own.means[reference], own.draws[reference]))

    def of_metric(self, metric: str) -> "MetricDraws":
        """Return the means and draws of one metric, for each part."""
        place = list(self.metrics).index(metric)
        return MetricDraws(self.means[:, place], self.draws[:, place])


@dataclass(frozen=True)
class MetricDraws:
    """Means of one metric and their bootstrap ``draws``: [p] and [p, samples], or one mean and [samples]."""

    means: NDArray[np.float64]
    draws: NDArray[np.float64]


def estimate_skills(own: MetricDraws, reference: MetricDraws) -> list[Estimate]:
    """Return 1 minus the ratio of each mean to the reference's, paired by draw: both use the same drawn accounts.

    If the reference has no error, the skill is NaN.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        skills = np.where(reference.means != 0, 1 - own.means / reference.means, np.nan)
        return estimates(skills, 1 - own.draws / reference.draws)
