"""Panels: rows taken from one are unchanged."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from forecast_cli.data.contract.panel_build import build_panel
from forecast_cli.data.panel import Panel, cut_panel, stack_panels
from forecast_cli.models.pooled.windows import Windows, panel_at

FIRST = date(2024, 2, 26)


def make(
    series: list[dict[int, float]],
    origins: list[int],
    begins: list[int] | None = None,
    strangers: Sequence[dict[int, float]] = ({0: 99.0},),
) -> Panel:
    """Build a panel of balances by day, counted from FIRST; between the accounts lie ``strangers``, set aside."""
    begins = begins or [min(own) for own in series]
    days = [(3 * n, FIRST + timedelta(days=day), y) for n, own in enumerate(series) for day, y in sorted(own.items())]
    accounts = pl.DataFrame(
        {
            "code": [3 * n for n in range(len(series))],
            "unique_id": [f"a{n}" for n in range(len(series))],
            "begin": pl.Series([FIRST + timedelta(days=begin) for begin in begins], dtype=pl.Date),
        }
    )
    others = [(3 * n + 1, FIRST + timedelta(days=day), y) for n, own in enumerate(strangers) for day, y in own.items()]
    frame = pl.DataFrame(
        sorted(days + others), schema={"code": pl.UInt32, "ds": pl.Date, "y": pl.Float64}, orient="row"
    )
    at = np.array([FIRST + timedelta(days=origin) for origin in origins], dtype="datetime64[D]")
    return build_panel(frame, accounts.with_columns(pl.col("code").cast(pl.UInt32)), at)


def filled_slowly(own: dict[int, float], origin: int) -> list[float]:
    """Carry the last balance forward, day by day."""
    series, balance = [], np.nan
    for day in range(min(own), origin + 1):
        balance = own.get(day, balance)
        series.append(balance)
    return series


def test_a_balance_holds_until_the_next_one_and_to_the_origin() -> None:
    panel = make([{0: 1.0, 3: 2.0}, {2: -5.0}, {4: 7.0}], [5, 5, 4])
    assert [panel.series(row).tolist() for row in range(3)] == [[1, 1, 1, 2, 2, 2], [-5, -5, -5, -5], [7]]
    assert panel.lengths.tolist() == [6, 4, 1]
    assert np.isnan(panel.y[1, :2]).all()
    assert panel.y.dtype == np.float64
    assert panel.lengths.dtype == np.int64
    assert panel.origins.dtype == np.dtype("datetime64[D]")


def test_no_balance_is_a_negative_zero() -> None:
    panel = make([{0: -0.0, 2: 1.0, 3: -0.0}], [4])
    assert [math.copysign(1, y) for y in panel.series(0)] == [1, 1, 1, 1, 1]


def test_days_of_accounts_left_out_are_nowhere_however_many_lie_between() -> None:
    series = [{day: float(1_000 * n + day) for day in range(n % 3, 9)} for n in range(300)]
    origins = [9 + n % 5 for n in range(300)]
    panel = make(series, origins, strangers=[dict.fromkeys(range(n % 4 - 2, 40), -1.0) for n in range(300)])
    for row, (own, origin) in enumerate(zip(series, origins, strict=True)):
        assert panel.series(row).tolist() == filled_slowly(own, origin)
    assert not (panel.y < 0).any()


def test_the_seed_of_an_account_is_its_own_wherever_it_stands() -> None:
    one = Panel(pl.Series(["a", "b"]), np.zeros((2, 1)), np.ones(2, np.int64), np.zeros(2, "datetime64[D]"), seed=5)
    assert one.seed_of(1) == one.take([1]).seed_of(0)
    assert len({one.seed_of(0), one.seed_of(1), replace(one, seed=6).seed_of(0)}) == 3


def test_a_panel_of_no_accounts_is_a_panel() -> None:
    panel = make([], [])
    assert (len(panel), panel.y.shape, panel.lengths.shape) == (0, (0, 0), (0,))


@pytest.mark.parametrize("seed", range(5))
def test_filling_equals_a_slow_loop(seed: int) -> None:
    random = np.random.default_rng(seed)
    series = [
        {int(day): float(random.normal()) for day in random.choice(60, size=random.integers(1, 30), replace=False)}
        for _ in range(25)
    ]
    origins = [max(own) + int(random.integers(0, 10)) for own in series]
    panel = make(series, origins)
    for row, (own, origin) in enumerate(zip(series, origins, strict=True)):
        assert panel.series(row).tolist() == filled_slowly(own, origin)
    begins = [int(random.integers(min(own), max(own) + 1)) for own in series]
    panel = make(series, origins, begins)
    assert panel.y.shape[1] == panel.lengths.max()
    for row, (own, origin, begin) in enumerate(zip(series, origins, begins, strict=True)):
        assert panel.series(row).tolist() == filled_slowly(own, origin)[begin - min(own) :]


def test_take_keeps_order_currencies_and_origins_and_cuts_the_axis() -> None:
    whole = make([{0: 1.0}, {3: 2.0}, {4: 3.0}], [5, 5, 4])
    currencies = pl.Series("currency", ["EUR", "USD", "CZK"])
    panel = Panel(whole.ids, whole.y, whole.lengths, whole.origins, currencies).take([2, 1])
    assert panel.ids.to_list() == ["a2", "a1"]
    assert panel.currencies is not None
    assert panel.currencies.to_list() == ["CZK", "USD"]
    assert panel.y.shape == (2, 3)
    assert [panel.series(row).tolist() for row in range(2)] == [[3.0], [2.0, 2.0, 2.0]]
    assert panel.origins.tolist() == [FIRST + timedelta(days=4), FIRST + timedelta(days=5)]
    assert whole.take([0]).currencies is None


def test_what_is_taken_out_of_a_panel_keeps_its_calendar() -> None:
    panel = replace(make([{0: 1.0}, {2: 3.0}], [9, 9]), holidays="GB")
    window = Windows(
        np.array([0]), panel.origins[:1].astype(np.int64) - 1, np.array([0], dtype=np.uint64), np.array([60])
    )
    parts = (panel.take([1]), panel.part(slice(0, 1)), cut_panel(panel, 2), stack_panels([panel, panel]))
    assert {one.holidays for one in (*parts, panel_at(panel, window, 5))} == {"GB"}


def test_all_rows_in_their_order_are_taken_without_a_copy() -> None:
    whole = make([{0: 1.0}, {3: 2.0}, {4: 3.0}], [5, 5, 4])
    assert whole.take([0, 1, 2]) is whole
    assert whole.take([0, 2, 1]).ids.to_list() == ["a0", "a2", "a1"]
    assert whole.take([0, 1]).ids.to_list() == ["a0", "a1"]
    assert whole.part(slice(1, 3)).take([0, 1]).y.shape == (2, 3)


def test_a_part_is_the_neighbouring_rows_on_the_same_axis() -> None:
    panel = make([{0: 1.0, 3: 2.0}, {2: -5.0}, {4: 7.0}], [5, 5, 4])
    part = panel.part(slice(1, 3))
    assert len(part) == 2
    assert part.ids.to_list() == ["a1", "a2"]
    assert [part.series(row).tolist() for row in range(2)] == [panel.series(row).tolist() for row in (1, 2)]
    assert part.y.shape[1] == panel.y.shape[1]
    assert np.shares_memory(part.y, panel.y)
