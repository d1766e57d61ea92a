"""Order: update of the flows sorted by size after payments were taken out, and of the phases that this changes."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.lattices import Lattices

#: Mask of the day in a key (see ``Block``).
_DAY_BITS: Final = 2**31 - 1

_Flags = NDArray[np.bool_]
_Flow = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Unsigned = NDArray[np.uint32]
_Bytes = NDArray[np.uint8]


def update_keys(block: Block, rows: _Ints, lattices: Lattices, quiet: _Flags) -> None:
    """Update the keys of c ``rows`` of a block to the flow left on the days from which payments were taken out.

    ``lattices`` holds the lattices of these rows. Phases with a changed day are no longer ``quiet`` [block, p].
    """
    _update_keys(
        block.flow, block.taken, block.by_size, block.n_flows, rows, lattices.place, lattices.starts, lattices.stops,
        lattices.owner, np.empty(block.t + 1, dtype=np.int64), quiet,
    )  # fmt: skip


@subroutine
def _flow_key(value: float, day: int) -> Any:
    """Return the key of the flow of a day; without flow, or if it is too large for float32, the day: below any key."""
    size = np.float32(abs(value))
    some = 0.0 < size < np.inf
    return np.int64(size.view(np.uint32)) << 32 | np.int64(value < 0.0) << 31 | day if some else day


@subroutine
def _insert(keys: _Ints, n: int, key: int) -> None:
    """Insert ``key`` into the first ``n`` of ``keys``, which ascend."""
    while n > 0 and keys[n - 1] > key:
        keys[n] = keys[n - 1]
        n -= 1
    keys[n] = key


@subroutine
def _merge(keys: _Ints, n: int, others: _Ints, m: int) -> None:
    """Merge the first ``m`` of ``others`` into the first ``n`` of ``keys``; both ascend."""
    while m > 0:
        if n > 0 and keys[n - 1] > others[m - 1]:
            keys[n + m - 1] = keys[n - 1]
            n -= 1
        else:
            keys[n + m - 1] = others[m - 1]
            m -= 1


@subroutine
def _reactivate_phases(owner: _Bytes, start: int, end: int, quiet: _Flags) -> None:
    """Clear ``quiet`` for the phases that own the entries of a day."""
    for at in range(start, end):
        quiet[owner[at]] = False


@kernel(
    (np.float64, 2), (np.bool_, 2), (np.int64, 2), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.uint32, 2),
    (np.uint32, 2), (np.uint8, 2), (np.int64, 1), (np.bool_, 2),
)  # fmt: skip
def _update_keys(
    flow: _Flow,
    taken: _Flags,
    by_size: _Ints,
    n_flows: _Ints,
    rows: _Ints,
    origin: _Ints,
    starts: _Unsigned,
    stops: _Unsigned,
    owner: _Bytes,
    others: _Ints,
    quiet: _Flags,
) -> None:
    """Update each of ``rows`` [c]; ``origin`` [c] is the index of its origin, ``others`` [t + 1] is overwritten."""
    for account in range(len(rows)):
        row, origin_index = rows[account], origin[account]
        keys, same, changed = by_size[row], 0, 0
        for place in range(n_flows[row]):
            key, day = keys[place], keys[place] & _DAY_BITS
            if taken[row, day]:
                key = _flow_key(flow[row, day], day)
            if key == keys[place]:
                keys[same] = key
                same += 1
                continue
            _reactivate_phases(owner[origin_index], starts[origin_index, day], stops[origin_index, day], quiet[row])
            if key > _DAY_BITS:
                _insert(others, changed, key)
                changed += 1
        _merge(keys, same, others, changed)
        n_flows[row] = same + changed
