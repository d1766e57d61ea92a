"""The order of an account's flows, the phases of its due days, and what of both is kept between searches."""

from dataclasses import replace

import numpy as np
import pytest
from panels import panel_of
from recurring_accounts import balances

from forecast_cli.models.recurring.block import Block, build_block, sort_flows
from forecast_cli.models.recurring.candidates import find_candidates
from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.lattices import Lattices, build_lattices
from forecast_cli.models.recurring.order import update_keys

T = 400


def keys_of(flow: np.ndarray) -> list[int]:
    """Days of a flow by size: the bits of the size, in single precision, before its sign and 31 of the day."""
    bits = [int(np.float32(abs(value)).view(np.uint32)) for value in flow]
    return sorted((size << 32) + (int(flow[day] < 0) << 31) + day for day, size in enumerate(bits) if size)


def block_with(seed: int) -> Block:
    """Return a block of five accounts with flow of all kinds, some of it every two weeks or on a day of the month."""
    rng = np.random.default_rng(seed)
    block = build_block(panel_of(*(balances(days=T) for _ in range(5))), slice(0, 5), T)
    flow = np.round(rng.normal(0, 50, (5, T + 1)), 1) * (rng.random((5, T + 1)) < 0.6)
    flow[:, 5::14], flow[:, 9::30], flow[:, -1] = 812.5, -97.0, 0.0
    by_size, n_flows = sort_flows(flow)
    return replace(block, flow=flow, by_size=by_size, n_flows=n_flows)


def take(block: Block, rng: np.random.Generator, n: int) -> np.ndarray:
    """Take all or part of the flow of ``n`` days out of each account; return the days, [c, n]."""
    days = np.array([rng.choice(T, n, replace=False) for _ in block.flow])
    left = np.take_along_axis(block.flow, days, axis=1)
    left = np.where(rng.random(left.shape) < 0.5, 0.0, np.round(left / 3, 1))
    np.put_along_axis(block.flow, days, left, axis=1)
    np.put_along_axis(block.taken, days, values=True, axis=1)
    return days


def phases_of(axis: Lattices, day: int) -> set[int]:
    return set(axis.owner[0, axis.starts[0, day] : axis.stops[0, day]].tolist())


@pytest.mark.parametrize("seed", range(5))
def test_order_of_what_is_left_is_that_of_sorting_anew(seed: int):
    block, rng = block_with(seed), np.random.default_rng(seed)
    axis = build_lattices(block.origins, T, "US")[0]
    quiet = np.zeros((5, len(axis.phases)), dtype=np.bool_)
    for _ in range(3):
        take(block, rng, 60)
        update_keys(block, np.arange(5), axis, quiet)
        for row in range(5):
            assert block.by_size[row, : block.n_flows[row]].tolist() == keys_of(block.flow[row])


def test_flow_that_is_too_large_for_single_precision_is_left_out_of_the_order():
    flow = np.array([[3.0, 1e300, -2.0, 0.0]])
    keys, n_flows = sort_flows(flow)
    assert keys[0, : n_flows[0]].tolist() == keys_of(flow[0, [0, 3, 2, 3]])


def test_phases_of_days_that_changed_are_no_longer_quiet_and_others_are():
    block = block_with(0)
    axis = build_lattices(block.origins, T, "US")[0]
    quiet = np.ones((5, len(axis.phases)), dtype=np.bool_)
    before = block.flow.copy()
    days = take(block, np.random.default_rng(1), 7)
    update_keys(block, np.arange(5), axis, quiet)
    for row in range(5):
        changed = [day for day in days[row] if block.flow[row, day] != before[row, day]]
        assert set(np.flatnonzero(~quiet[row]).tolist()) == set().union(*(phases_of(axis, day) for day in changed))


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_of_quiet_phases_changes_no_candidate(seed: int):
    block, rng, rows = block_with(seed), np.random.default_rng(seed), np.arange(5)
    rounds = build_lattices(block.origins, T, "US")
    kept, passed_over = np.zeros((5, len(rounds[0].phases)), dtype=np.bool_), []
    for axis in rounds:
        update_keys(block, np.arange(5), axis, kept)
        passed_over.append(kept[:, axis.phases["number"]].mean())
        anew = find_candidates(block, rows, axis, np.zeros_like(kept))
        assert anew["score"].max() > 0.0
        assert find_candidates(block, rows, axis, kept).tolist() == anew.tolist()
        take(block, rng, 20)
    assert passed_over[0] == 0.0 < min(passed_over[1:])


def test_days_are_dealt_to_the_phases_of_a_round_that_they_are_due_in():
    origins = np.array(["2026-01-31", "2026-03-02"], dtype="datetime64[D]").astype(np.int64)
    last = {Cycle.THIRTY_DAYS, Cycle.MONTHLY, Cycle.MONTHLY_WEEKDAY, Cycle.MONTHLY_BUSINESS_DAY}
    later = last | {Cycle.QUARTERLY}
    searched = (later | {Cycle.WEEKLY, Cycle.BIWEEKLY}, later, later, last)
    for axis, cycles in zip(build_lattices(origins, T, "US"), searched, strict=True):
        assert set(axis.phases["cycle"].tolist()) == cycles
        entries: dict[int, list[tuple[int, int]]] = {}
        for day in range(T):
            for at in range(axis.starts[1, day], axis.stops[1, day]):
                entries.setdefault(int(axis.owner[1, at]), []).append((day, int(axis.due[1, at])))
            behind = axis.owner[1, axis.stops[1, day] : axis.stops[1, day] + 3].tolist()
            assert len(behind) == 3
            assert not set(behind) & set(axis.phases["number"].tolist())
        assert set(entries) <= set(axis.phases["number"].tolist())
        for phase in axis.phases[axis.phases["cycle"] == Cycle.WEEKLY]:
            days = range(T - 1 - phase["place"], -1, -7)
            assert sorted(entries[phase["number"]]) == sorted((day, place) for place, day in enumerate(days))
        # the first of each month, whatever day of the week
        first = axis.phases[axis.phases["cycle"] == Cycle.MONTHLY][0]
        dates = [origins[1] - T + 1 + day for day, _ in sorted(entries[first["number"]], reverse=True)]
        assert [str(np.datetime64(int(date), "D"))[8:] for date in dates] == ["01"] * 14
