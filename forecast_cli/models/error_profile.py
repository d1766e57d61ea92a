"""ErrorProfile: fixed quantiles of the change of a balance over s days, relative to the size of the balance.

Accounts that are too short or never moved get their intervals from it. It holds quantiles of
(y[t+s] - y[t]) / scale, minus their median, for accounts that moved lately and for accounts that did not.
The numbers are in ``error_profile.json`` and are made by ``benchmarks/error_profile.py``. A run never changes them, so
that a forecast depends neither on the shard nor on the other accounts in it.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.base import quantile_probabilities
from forecast_cli.models.normal_scores import interpolate_linearly, normal_scores
from forecast_cli.models.rows import balance_sizes

_RESOURCE: Final = "error_profile.json"


@dataclass(frozen=True)
class ErrorProfile:
    """Quantiles of relative errors: ``tables`` [2, k, p], first of accounts that moved, then of still accounts.

    ``steps`` [k] are days, ascending. ``probabilities`` [p] ascend, with 0.5 in the middle, where the tables are 0.
    The scale of an account is the larger of |last| and the mean of |y| over the last ``scale_days``. It is still if its
    history is longer than ``still_days``, and its balance did not change over that many days.
    """

    steps: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    tables: NDArray[np.float64]
    scale_days: int
    still_days: int

    def offsets(self, panel: Panel, h: int, levels: tuple[float, ...]) -> NDArray[np.float64]:
        """Return each account's quantiles minus the median, [n, h, q], in units of the balance; one day is enough."""
        table = self._at_probabilities(quantile_probabilities(levels))
        spread = np.stack([self._at_steps(half, h) for half in table])
        with np.errstate(over="ignore", invalid="ignore"):
            offsets = (
                balance_sizes(panel, self.scale_days)[:, None, None] * spread[self._is_still(panel).astype(np.int64)]
            )
        return np.asarray(offsets)

    def _is_still(self, panel: Panel) -> NDArray[np.bool_]:
        window = panel.y[:, -(self.still_days + 1) :]
        same = (window == window[:, -1:]) | np.isnan(window)
        return np.asarray(same.all(axis=1) & (panel.lengths > self.still_days))

    def _at_probabilities(self, wanted: NDArray[np.float64]) -> NDArray[np.float64]:
        """Interpolate the tables linearly in the normal score, extrapolating the outermost slopes: [2, k, q]."""
        return interpolate_linearly(normal_scores(wanted), normal_scores(self.probabilities), self.tables)

    def _at_steps(self, table: NDArray[np.float64], h: int) -> NDArray[np.float64]:
        """Interpolate ``table`` [k, q] in the root of the step: [h, q]; beyond the last step, grow with that root."""
        root, knots = np.sqrt(np.arange(1.0, h + 1)), np.sqrt(self.steps)
        inside = np.stack([np.interp(root, knots, column) for column in table.T], axis=1)
        beyond = np.maximum(root / knots[-1], 1.0)
        return np.asarray(inside * beyond[:, None])


@lru_cache(maxsize=1)
def shipped_profile() -> ErrorProfile:
    """Return the error profile shipped with the package."""
    raw = json.loads(files("forecast_cli.models").joinpath(_RESOURCE).read_text(encoding="utf-8"))
    return ErrorProfile(
        steps=np.array(raw["steps"], dtype=np.float64),
        probabilities=np.array(raw["probabilities"], dtype=np.float64),
        tables=np.array([raw["moved"], raw["still"]], dtype=np.float64),
        scale_days=int(raw["scale_days"]),
        still_days=int(raw["still_days"]),
    )
