"""Pairs of monthly streams that are one semi-monthly stream."""

import numpy as np
import pytest

from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.pairs import pair_streams
from forecast_cli.models.recurring.records import STREAM


@pytest.mark.parametrize(("distance", "paired"), [(11, False), (12, True), (18, True), (19, False)])
def test_halves_lie_12_to_18_days_of_the_month_apart(distance: int, paired: bool) -> None:
    streams = np.zeros(2, dtype=STREAM)
    streams["cycle"], streams["partner"], streams["anchor"] = Cycle.MONTHLY, -1, [3, 3 + distance]
    streams["median"] = streams["amount"] = -50.0
    found = pair_streams(streams)
    assert found["cycle"].tolist() == [Cycle.SEMI_MONTHLY if paired else Cycle.MONTHLY] * 2
    assert found["partner"].tolist() == ([1, 0] if paired else [-1, -1])
