"""Pieces of an input are counted in parallel, and no more of them are in memory than there are threads."""

import threading
from collections.abc import Iterator

import polars as pl
import pytest

from forecast_cli.data.contract.profile import _count_in_parallel


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_no_more_pieces_are_counted_than_are_waited_for(threads: int) -> None:
    begun, taken, most, lock = 0, 0, 0, threading.Lock()

    def pieces() -> Iterator[pl.LazyFrame]:
        for number in range(20):
            yield pl.LazyFrame({"number": [number]})

    def count(piece: pl.LazyFrame) -> pl.DataFrame:
        nonlocal begun, most
        with lock:
            begun += 1
            most = max(most, begun - taken)
        return piece.collect()

    told = []
    for counted in _count_in_parallel(count, pieces(), threads):
        with lock:
            taken += 1
        told.append(counted["number"].item())
    assert told == list(range(20))
    assert most <= threads + 1, "those at work, and the one that was just handed over"
