"""Random draws that give the same bits everywhere: uniform numbers, and arithmetic that IEEE 754 rounds correctly.

No exp, log or power: their last bit differs between processors. Sums are of whole cents.
"""

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_TAIL: Final = 0.998  # a log-logistic draw goes no further out than this quantile
#: Mean of ``skewed`` over its median, for 1 and 2 roots and the tail cut at 0.998.
SKEWED_MEAN: Final = {1: 1.526, 2: 1.1077}


def generator(seed: int, block: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose in one block; adding a purpose moves no other's numbers.

    Philox is counter-based: the key is (seed, block), the highest word of the counter the purpose (Salmon et al. 2011).
    """
    counter = np.array([0, 0, 0, crc32(purpose.encode())], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=np.array([seed, block], dtype=np.uint64), counter=counter))


def between(u: Floats, low: float | Floats, high: float | Floats) -> Floats:
    """Spread uniform draws [n] over low..high."""
    return low + (high - low) * u


def whole_between(u: Floats, low: int, high: int) -> Ints:
    """Spread uniform draws [n] over the whole numbers low..high, both counted."""
    return low + np.floor(u * (high - low + 1)).astype(np.int64)


def skewed(u: Floats, *, roots: int) -> Floats:
    """Turn uniform draws [n] into log-logistic ones of median 1 and shape 2 * roots (1: wild, 2: tame).

    The quantile function is (u / (1 - u)) ** (1 / shape): square roots alone, which every processor rounds alike.
    """
    kept = np.clip(u, 1.0 - _TAIL, _TAIL)
    drawn: Floats = kept / (1.0 - kept)
    for _ in range(roots):
        drawn = np.sqrt(drawn)
    return drawn


def deal(rng: np.random.Generator, cards: Sequence[int], count: int) -> Ints:
    """Deal ``count`` cards from shuffled decks: every whole deck of accounts holds the same hundred cards."""
    decks = np.argsort(rng.random((-(-count // len(cards)), len(cards))), axis=1, kind="stable")
    return np.asarray(cards, dtype=np.int64)[decks].ravel()[:count]
