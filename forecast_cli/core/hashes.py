"""Hashes of many short texts."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def hash_each(texts: Iterable[bytes], *, before: bytes = b"") -> NDArray[np.uint64]:
    """Return a hash (BLAKE2b, 8 bytes, big-endian) of ``before`` and each of the n ``texts``, [n]."""
    return np.frombuffer(b"".join(_digests(texts, before)), dtype=">u8").astype(np.uint64)


def _digests(texts: Iterable[bytes], before: bytes) -> Iterator[bytes]:
    """Yield the digest of each: to copy a hasher takes less than half of the time that it takes to make one."""
    fresh = blake2b(before, digest_size=8)
    for text in texts:
        own = fresh.copy()
        own.update(text)
        yield own.digest()
