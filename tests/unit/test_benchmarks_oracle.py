"""The oracle of detectable payments: its probabilities add up, and it tells real streams from decoys."""

import numpy as np
import pytest

from benchmarks.found_at_most import one_with_another
from benchmarks.oracle import Stream, chance, decoy, score

DUE = np.arange(20, 730, 30)


def bill(cents: float = -1299.0) -> Stream:
    return Stream(0, "phone", "monthly", DUE, np.full(len(DUE), cents))


def spending(share: float = 0.5) -> np.ndarray:
    """Flow of 730 days in whole cents."""
    rng = np.random.default_rng(1)
    return -np.rint(rng.lognormal(8.0, 0.7, 730)) * (rng.random(730) < share)


@pytest.mark.parametrize("sd", [0.0, 40.0])
def test_chances_of_all_flows_add_up_to_one(sd: float):
    left = np.arange(-4000.0, 4000.0)
    others = np.array([0.0, 0.0, -300.0, -300.0, -450.0, 120.0])
    assert chance(left, np.full(len(left), sd), others).sum() == pytest.approx(1.0, abs=0.01)


def test_true_streams_are_distinguished_from_false_ones():
    rng, rest = np.random.default_rng(0), spending()
    assert score(bill(), rest, own=bill().cents) > 50.0
    assert max(decoy(bill(), rest, rng) for _ in range(200)) < 5.0


def test_payment_that_shows_alone_once_names_the_amount_and_proves_nothing():
    rest = spending(share=1.0)
    rest[DUE[3]] = 0.0
    assert score(bill(-50.0), rest, own=bill(-50.0).cents) < 5.0


def test_streams_of_one_day_are_one_unless_their_sum_is_near():
    assert one_with_another(bill(), [bill(-900.0)])
    assert not one_with_another(bill(), [bill(-200.0)])
    moved = Stream(0, "rent", "monthly", DUE + 1, np.full(len(DUE), -900.0))
    assert not one_with_another(bill(), [moved])
