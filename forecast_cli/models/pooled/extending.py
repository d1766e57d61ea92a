"""Extending: what was learned for fewer days ahead than a run forecasts is made to reach as far as it does.

Accounts that all began a short time ago have few days to learn from: the fewer days ahead are learned, the more days of
history and the more windows are left.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.knots import knots_of
from forecast_cli.models.pooled.calibration import Calibration
from forecast_cli.models.pooled.features import feature_names
from forecast_cli.models.pooled.forest import Tree
from forecast_cli.models.pooled.learned import Learned, Vintage
from forecast_cli.models.rows import in_c_order

#: Share of the predicted median that is left on the days learned.
_MEDIAN_KEPT: Final = 0.5


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

    On days beyond those learned, the distances of the 10th and 90th percentile from the median are those of the last
    learned day, times the square root of how many times as far ahead they are, as errors that add up grow. Conformal
    scores and stretching stay as they are on that day. Of the median, a half is left on the days learned, and nothing
    beyond: windows of a few weeks all lie before and after the same paydays, and the next weeks have others.

    Own errors are features of accounts of 60 days more than were looked ahead in learning, and of 60 days more than
    ``h`` in use: where they are not known, they count as 0 in both.
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
    source = np.minimum(np.arange(len(longer)), len(knots) - 1)
    columns = {name: column for column, name in enumerate(feature_names(longer))}
    feature = np.array([columns[name] for name in feature_names(knots)], dtype=np.int32)

    def rename(tree: Tree) -> Tree:
        return replace(tree, feature=feature[tree.feature])

    return replace(
        vintage,
        forest=tuple(_extend_quantiles(rename(tree), source, longer / knots[-1]) for tree in vintage.forest),
        difficulty=tuple(
            replace(rename(tree), values=np.ascontiguousarray(tree.values[:, source])) for tree in vintage.difficulty
        ),
        calibration=Calibration(in_c_order(vintage.calibration.scores[:, :, source]), vintage.calibration.slope),
        past=tuple(map(rename, vintage.past)),
    )


def _extend_quantiles(tree: Tree, source: NDArray[np.int64], times: NDArray[np.float64]) -> Tree:
    """Return a tree with values for more knots, from those of ``source`` [k], ``times`` [k] as far as the last one."""
    values = tree.values[:, source].astype(np.float64)
    median, growth = values[:, :, 1:2], np.sqrt(np.maximum(times, 1.0))
    kept = np.where(times <= 1.0, _MEDIAN_KEPT, 0.0)
    extended = kept[:, None] * median + growth[:, None] * (values - median)
    return replace(tree, values=in_c_order(extended).astype(np.float32))
