"""Hashes of many short byte strings."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def hash_each(texts: Iterable[bytes], *, before: bytes = b"") -> NDArray[np.uint64]:
    """Return the hash (BLAKE2b, 8 bytes, big-endian) of ``before`` followed by each of the n ``texts``, [n]."""
    return np.frombuffer(b"".join(_digests(texts, before)), dtype=">u8").astype(np.uint64)


def _digests(texts: Iterable[bytes], before: bytes) -> Iterator[bytes]:
    """Yield the digest of each text. Copying a hasher takes less than half the time of creating one."""
    fresh = blake2b(before, digest_size=8)
    for text in texts:
        own = fresh.copy()
        own.update(text)
        yield own.digest()
