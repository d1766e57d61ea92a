"""Pairs of monthly streams that are one semi-monthly stream."""

from dataclasses import replace

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import END, balances, month_days, payments

from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.listing import list_streams
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


@pytest.mark.parametrize("ended", [(0,), (1,), (0, 1)])
def test_a_pair_has_ended_if_both_halves_have(ended: tuple[int, ...]) -> None:
    panel = panel_of(balances(payments(month_days(3) + month_days(18), 900.0), spending=0.1), end=END)
    found = find_streams(panel)
    halves = np.flatnonzero(found.partner >= 0)
    alive = found.alive.copy()
    alive[halves[list(ended)]] = 0.01
    listing = list_streams(replace(found, alive=alive), panel.origins)
    (row,) = (row for row, cycle in enumerate(listing.cycle) if cycle == "semi_monthly")
    assert (listing.status[row] == "ended") == np.isnat(listing.next_date[row]) == (len(ended) == 2)
