"""Ordering: many short lines of amounts sorted at once."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Lines up to this long are sorted by a network, all of them in step; longer ones one by one.
_LONGEST: Final = 64


def ordered_lines(at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the sizes of m lines of k flows ``at`` [k, m], each line ascending, inf for no flow."""
    size = np.abs(at)
    np.copyto(size, np.inf, where=size == 0.0)
    if len(size) > _LONGEST:
        size.sort(axis=0)
        return size
    lines, spare = list(size), np.empty(size.shape[1], dtype=np.float32)
    for low, high in _network(len(lines)):
        np.minimum(lines[low], lines[high], out=spare)
        np.maximum(lines[low], lines[high], out=lines[high])
        lines[low], spare = spare, lines[low]
    return np.stack(lines) if lines else size


@lru_cache
def _network(n: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs to compare, and swap, in turn: odd-even merge sort of n (Batcher, AFIPS 32, 1968)."""
    pairs, whole = [], 1
    while whole < n:
        part = whole
        while part:
            pairs += [
                (low, low + part)
                for start in range(part % whole, n - part, 2 * part)
                for low in range(start, min(start + part, n - part))
                if low // (2 * whole) == (low + part) // (2 * whole)
            ]
            part //= 2
        whole *= 2
    return tuple(pairs)
