"""Random draws with the same bits on every machine: uniform numbers, and arithmetic that IEEE 754 rounds exactly.

No exp, log or power: their last bit differs between processors. Sums are of whole cents.
"""

from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TAIL: Final = 0.998  # log-logistic draws are limited to this quantile, and to 1 minus it
#: Mean of ``skewed`` divided by its median, for 1 and 2 roots, with the tails cut at ``_TAIL``.
SKEWED_MEAN: Final = {1: 1.526, 2: 1.1077}


def generator(seed: int, block: int, purpose: str) -> np.random.Generator:
    """Return the random generator for one purpose in one block; a new purpose does not change the draws of others.

    Philox is counter-based: the key is (seed, block), the highest word of the counter is a hash of the purpose (Salmon
    et al. 2011).
    """
    counter = np.array([0, 0, 0, crc32(purpose.encode())], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=np.array([seed, block], dtype=np.uint64), counter=counter))


def between(u: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """Scale uniform draws [n] to the range ``low`` to ``high``."""
    return low + (high - low) * u


def whole_between(u: Floats, low: int, high: int) -> Ints:
    """Turn uniform draws [n] into integers from ``low`` to ``high``, both included."""
    return low + np.floor(u * (high - low + 1)).astype(np.int64)


def skewed(u: Floats, *, roots: int) -> Floats:
    """Turn uniform draws [n] into log-logistic ones with median 1 and shape 2 * ``roots``.

    With 1 root the tails are heavy, with 2 lighter. The quantile function is (u / (1 - u)) ** (1 / shape), computed by
    square roots only, which every processor rounds alike.
    """
    kept = np.clip(u, 1.0 - _TAIL, _TAIL)
    drawn: Floats = kept / (1.0 - kept)
    for _ in range(roots):
        drawn = np.sqrt(drawn)
    return drawn
