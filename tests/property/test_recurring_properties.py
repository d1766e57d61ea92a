"""Payments found in an account depend on that account alone, and scale with its balances."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.models.recurring.events import expected_events
from forecast_cli.models.recurring.streams import Streams

PER_STREAM = (
    "rule", "amount", "slope", "balance", "median", "spread", "fixed", "n_seen", "first", "last", "covered", "alive",
    "rate", "punctuality", "strength",
)  # fmt: skip


@st.composite
def account(draw: st.DrawFn) -> np.ndarray:
    """Balances of 30 to 700 days with some streams, some of them alike, and spending."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    days = draw(st.integers(30, 700))
    flow = -np.round(rng.uniform(1, 80, days), 2) * (rng.random(days) < draw(st.sampled_from([0.0, 0.2, 0.6])))
    for _ in range(draw(st.integers(0, 5))):
        every, amount = draw(st.sampled_from([7, 14, 30, 91])), draw(st.sampled_from([-12.99, -400.0, 400.0, 1500.0]))
        due = np.arange(rng.integers(0, every), days, every)
        flow[due] += np.round(amount * rng.uniform(1, draw(st.sampled_from([1.0, 1.1])), len(due)), 2)
    return np.round(500 + np.cumsum(flow), 2)


def of_row(streams: Streams, row: int) -> dict[str, np.ndarray]:
    own = streams.row == row
    found = {name: getattr(streams, name)[own] for name in PER_STREAM}
    paired = streams.partner[own]
    first = int(np.argmax(own)) if own.any() else 0
    phases = streams.phases.take(own)
    return found | {
        "cycle": phases.cycle,
        "residue": phases.residue,
        "anchor": phases.anchor,
        "partner": np.where(paired >= 0, paired - first, -1),
    }


def assert_same(got: dict[str, np.ndarray], want: dict[str, np.ndarray]) -> None:
    for name, values in want.items():
        np.testing.assert_array_equal(got[name], values, err_msg=name)


@settings(max_examples=30)
@given(st.lists(account(), min_size=1, max_size=4), st.integers(0, 300), st.randoms(use_true_random=False))
def test_streams_of_an_account_are_the_same_bits_alone_in_any_order_and_padding(
    series: list[np.ndarray], padding: int, random: object
):
    order = list(range(len(series)))
    random.shuffle(order)  # type: ignore[attr-defined]
    panel = panel_of(*(series[row] for row in order), padding=padding)
    together = find_streams(panel)
    flow = expected_events(together, panel.origins, 40)
    for place, row in enumerate(order):
        lone = panel_of(series[row])
        alone = find_streams(lone)
        assert_same(of_row(together, place), of_row(alone, 0))
        length = len(series[row])
        np.testing.assert_array_equal(together.explained[place, -length:], alone.explained[0])
        own = expected_events(alone, lone.origins, 40)
        for name in ("base", "gain"):
            np.testing.assert_array_equal(getattr(flow, name)[:, place], getattr(own, name)[:, 0])
        for name in ("path_variance", "paid"):
            np.testing.assert_array_equal(getattr(flow, name)[place], getattr(own, name)[0])


@settings(max_examples=30)
@given(account(), st.integers(-15, 15), st.booleans())
def test_amounts_scale_with_the_balance_and_nothing_else_changes(one: np.ndarray, power: int, mirrored: bool):
    factor = 2.0**power * (-1 if mirrored else 1)
    got, want = (of_row(find_streams(panel_of(some)), 0) for some in (one * factor, one))
    for name in ("amount", "median", "balance"):
        np.testing.assert_array_equal(got.pop(name), want.pop(name) * factor)
    np.testing.assert_array_equal(got.pop("spread"), want.pop("spread") * abs(factor))
    assert_same(got, want)


@settings(max_examples=20)
@given(account(), st.integers(1, 29))
def test_no_day_after_the_origin_is_seen(one: np.ndarray, later: int):
    panel = panel_of(one)
    cut = Panel(panel.ids, panel.y[:, :-later], panel.lengths - later, panel.origins - np.timedelta64(later, "D"))
    shown = cut.y.copy()
    streams = find_streams(cut)
    np.testing.assert_array_equal(shown, cut.y)
    assert (streams.last <= cut.origins[0].astype("datetime64[D]").astype(int)).all()
    assert streams.explained.shape == cut.y.shape
