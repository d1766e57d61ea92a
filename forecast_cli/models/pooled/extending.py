"""Extending: what was learned for fewer days ahead than a run forecasts is made to reach as far as it does.

Accounts that all began a short time ago have few days to learn from: the fewer days ahead are learned, the more days of
history and the more windows are left.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.calibration import Calibration
from forecast_cli.models.pooled.features import feature_names
from forecast_cli.models.pooled.forest import Forest, Tree
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.rows import in_c_order


def join_learned(parts: Iterable[Learned], h: int) -> Learned:
    """Return one state for ``h`` days ahead with the vintages of ``parts``, each extended to ``h`` days.

    No two parts have a vintage of the same day. The last knot of a part must be a knot of ``h`` days too.
    """
    extended = [_extend(part, h) for part in parts]
    vintages = sorted((one for part in extended for one in part.vintages), key=_day)
    first_month = sorted((one for part in extended for one in part.first_month), key=_day)
    return Learned(h, knots_of(h), tuple(vintages), tuple(first_month))


def _day(vintage: Vintage) -> np.datetime64:
    return vintage.as_of


def _extend(learned: Learned, h: int) -> Learned:
    """Return ``learned`` for ``h`` days ahead.

    On days beyond the last one learned, d days ahead, predictions are those of d days ahead times the square root of
    their ratio, as errors that add up grow. Conformal scores and stretching stay those of d days ahead.
    """
    if learned.h == h:
        return learned
    knots = knots_of(h)
    vintages, first_month = (
        tuple(map(partial(_extend_vintage, knots=learned.knots, longer=knots), some))
        for some in (learned.vintages, learned.first_month)
    )
    return Learned(h, knots, vintages, first_month)


def _extend_vintage(vintage: Vintage, *, knots: NDArray[np.int64], longer: NDArray[np.int64]) -> Vintage:
    if vintage.calibration is None:
        return vintage
    growth = np.sqrt(np.maximum(longer / knots[-1], 1.0))
    source = np.minimum(np.arange(len(longer)), len(knots) - 1)
    columns = {name: column for column, name in enumerate(feature_names(longer))}
    feature = np.array([columns[name] for name in feature_names(knots)], dtype=np.int32)

    def extend(forest: Forest, factors: NDArray[np.float64]) -> Forest:
        return tuple(
            replace(tree, feature=feature[tree.feature], values=_values(tree, source, factors)) for tree in forest
        )

    return replace(
        vintage,
        forest=extend(vintage.forest, growth),
        difficulty=extend(vintage.difficulty, np.ones_like(growth)),
        calibration=Calibration(in_c_order(vintage.calibration.scores[:, :, source]), vintage.calibration.slope),
        past=tuple(replace(tree, feature=feature[tree.feature]) for tree in vintage.past),
    )


def _values(tree: Tree, source: NDArray[np.int64], factors: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the values [m, k, c] of the leaves at the knots of ``source`` [k], times ``factors`` [k]."""
    return np.ascontiguousarray(tree.values[:, source] * factors[:, None], dtype=np.float32)
