"""Hashes of many texts at once equal those of each text."""

import hashlib

import numpy as np

from forecast_cli.core.hashes import hash_each


def test_each_is_that_of_all_its_bytes() -> None:
    texts = [b"", b"a", b"ab" * 100, bytes(16)]
    for before in (b"", b"7\x1f"):
        got = hash_each(iter(texts), before=before)
        want = [int.from_bytes(hashlib.blake2b(before + text, digest_size=8).digest(), "big") for text in texts]
        assert got.tolist() == want


def test_none_has_none() -> None:
    got = hash_each([])
    assert got.dtype == np.uint64
    assert not len(got)
