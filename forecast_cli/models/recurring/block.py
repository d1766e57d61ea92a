"""Blocks: some accounts of a panel, with their unexplained flow, as the search for streams works on them."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.data.panel import Panel
from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.business_days import MAX_SHIFT
from forecast_cli.models.recurring.cycles import LATEST
from forecast_cli.models.rows import in_c_order

#: Rounding error of a difference of two balances, as a share of the largest balance.
_ROUNDING: Final = 2.0**-46
#: Fills a row after its keys; larger than any key.
_NO_KEY: Final = 2**63 - 1
#: Due days begin this many days before the block, because the payment of an earlier due day may come in the block.
_DAYS_BEFORE: Final = 14


@dataclass(frozen=True)
class Block:
    """c accounts over the last t days.

    ``y`` [c, days] are the balances, the last one at the origin.
    ``flow`` [c, t + 1] is the flow of each day that no stream explains yet, 0 if there is none; its last column is 0.
    ``taken`` [c, t + 1] marks the days from which a payment was taken out.
    ``by_size`` [c, t + 1] holds keys, ascending, of which the first ``n_flows`` [c] are days with flow: the bits of its
    absolute size in single precision, one bit that is set for an outflow, and 31 bits of the day.
    These four change as streams are found. ``eps`` [c] is the rounding error of amounts, ``origins`` [c] are days since
    1970-01-01, ``lengths`` [c] days of history, at most t. ``holidays`` is the panel's calendar.
    """

    y: NDArray[np.float64]
    flow: NDArray[np.float64]
    taken: NDArray[np.bool_]
    by_size: NDArray[np.int64]
    n_flows: NDArray[np.int64]
    eps: NDArray[np.float64]
    origins: NDArray[np.int64]
    lengths: NDArray[np.int64]
    holidays: str

    @property
    def t(self) -> int:
        """Return the number of days."""
        return int(self.flow.shape[1]) - 1

    @property
    def since(self) -> NDArray[np.int64]:
        """Return the earliest due day of each account that is considered, [c]."""
        return self.origins - self.t - _DAYS_BEFORE

    @property
    def until(self) -> NDArray[np.int64]:
        """Return the latest due day of each account that is considered, before a rule moves it, [c]."""
        return self.origins + LATEST + MAX_SHIFT


def build_block(panel: Panel, rows: slice, t: int) -> Block:
    """Return the block of ``rows`` over the last ``t`` days; flow that is not finite or within rounding error is 0."""
    y = in_c_order(panel.y[rows])
    eps, flow = np.zeros(len(y)), np.zeros((len(y), t + 1))
    _fill_flow(y, flow, eps)
    by_size, n_flows = sort_flows(flow)
    origins = panel.origins[rows].astype("datetime64[D]").astype(np.int64)
    taken = np.zeros(flow.shape, dtype=np.bool_)
    return Block(y, flow, taken, by_size, n_flows, eps, origins, np.minimum(panel.lengths[rows], t), panel.holidays)


def sort_flows(flow: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the ascending keys (see ``Block``) of each row's flows, [c, t + 1], and how many there are, [c].

    The bits of positive floating-point numbers sort as the numbers do.
    """
    keys, n_flows = np.empty(flow.shape, dtype=np.int64), np.empty(len(flow), dtype=np.int64)
    _set_keys(flow, keys, n_flows)
    keys.sort(axis=1)
    return keys, n_flows


@subroutine
def _largest_size(y: NDArray[np.float64]) -> Any:
    """Return the largest absolute value of ``y`` [n] but NaN; as whole numbers, bits are compared several at once."""
    largest = np.int64(0)
    for day in range(len(y)):
        size = abs(y[day]) if y[day] == y[day] else 0.0
        largest = max(largest, np.float64(size).view(np.int64))
    bits = np.int64(largest)
    return bits.view(np.float64)


@kernel((np.float64, 2), (np.float64, 2), (np.float64, 1))
def _fill_flow(y: NDArray[np.float64], flow: NDArray[np.float64], eps: NDArray[np.float64]) -> None:
    """Fill ``flow`` [c, t + 1] from the last days of ``y`` [c, n], and ``eps`` [c] from all its days."""
    for row in range(len(y)):
        eps[row] = _ROUNDING * _largest_size(y[row])
        ago = y.shape[1] - flow.shape[1] + 1
        for day in range(max(1 - ago, 0), flow.shape[1] - 1):
            change = y[row, ago + day] - y[row, ago + day - 1]
            flow[row, day] = change if eps[row] < abs(change) < np.inf else 0.0


@kernel((np.float64, 2), (np.int64, 2), (np.int64, 1))
def _set_keys(flow: NDArray[np.float64], keys: NDArray[np.int64], n_flows: NDArray[np.int64]) -> None:
    """Fill the front of each row of ``keys`` with the keys of its flows, leaving out flow too large for float32.

    Keys of days without flow are written too, to avoid a branch, and then overwritten.
    """
    for row in range(len(flow)):
        n = 0
        for day in range(flow.shape[1]):
            size, out = np.float32(abs(flow[row, day])), flow[row, day] < 0.0
            keys[row, n] = np.int64(size.view(np.uint32)) << 32 | np.int64(out) << 31 | day
            n += int(0.0 < size < np.inf)
        keys[row, n:] = _NO_KEY
        n_flows[row] = n
