"""Facts of a window: scale and segments, from the training part alone, independent of other accounts."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from panels import panel_of

from forecast_cli.evaluation.facts import BANDS, NO_SCALE, STILL, window_facts


def scale_slowly(y: list[float], lag: int) -> float | None:
    moves = [abs(y[t] - y[t - lag]) for t in range(lag, len(y))]
    mean = sum(moves) / max(len(moves), 1)
    return mean if mean > 2**-46 * max(map(abs, y)) else None


balances = st.lists(st.sampled_from([0.0, 10.0, -3.5, 250.25, 1e6]) | st.floats(-1e9, 1e9), min_size=1, max_size=70)


@given(st.lists(balances, min_size=1, max_size=4), st.integers(1, 40), st.integers(0, 9))
def test_scale_is_the_mean_absolute_move_and_knows_no_neighbour(
    series: list[list[float]], lag: int, padding: int
) -> None:
    together = window_facts(panel_of(*series, padding=padding), lag=lag)
    for row, y in enumerate(series):
        want = scale_slowly(y, lag)
        assert together["scale"][row] == (None if want is None else pytest.approx(want, rel=1e-12))
        alone = window_facts(panel_of(y), lag=lag)
        assert alone.drop("unique_id").row(0) == together.drop("unique_id").row(row)


def test_scale_rms_is_the_root_mean_square_move() -> None:
    facts = window_facts(panel_of([0.0, 1.0, 3.0, 6.0, 10.0]), lag=2)
    assert facts["scale"].item() == pytest.approx((3 + 5 + 7) / 3)
    assert facts["scale_rms"].item() == pytest.approx(((9 + 25 + 49) / 3) ** 0.5)


def test_rows_carry_keys_cutoff_and_days_of_history() -> None:
    panel = replace(panel_of([1.0, 2.0], [5.0]), currencies=pl.Series("currency", ["EUR", "USD"]))
    facts = window_facts(panel, lag=1)
    assert facts.columns == ["unique_id", "currency", "cutoff", "n_train", "scale", "scale_rms", *BANDS]
    assert facts["n_train"].to_list() == [2, 1]
    assert facts["cutoff"].unique().to_list() == [date(2026, 6, 30)]
    assert facts["scale"].to_list() == [1.0, None]


def test_an_empty_panel_has_no_rows_and_all_columns() -> None:
    none = window_facts(panel_of(), lag=30)
    assert none.height == 0
    assert none.schema == window_facts(panel_of([1.0, 2.0]), lag=30).schema


@pytest.mark.parametrize(
    ("days", "band"),
    [(364, "under 1 year"), (365, "1 to 2 years"), (730, "2 to 4 years"), (1_459, "2 to 4 years"),
     (1_460, "over 4 years")],
)  # fmt: skip
def test_tenure_is_days_of_history(days: int, band: str) -> None:
    assert window_facts(panel_of([5.0] * days), lag=30)["tenure"].item() == band


@pytest.mark.parametrize(
    ("last", "band"),
    [(-10.0, "near zero"), (-10.1, "negative"), (0.0, "near zero"), (9.9, "near zero"), (10.0, "1 to 3 moves"),
     (30.0, "3 to 6 moves"), (59.0, "3 to 6 moves"), (60.0, "over 6 moves")],
)  # fmt: skip
@pytest.mark.parametrize("currency", [1.0, 150.0])
def test_balance_is_counted_in_the_accounts_own_moves(last: float, band: str, currency: float) -> None:
    y = [currency * (last + 10 * (day % 2)) for day in range(100, -1, -1)]
    assert window_facts(panel_of(y), lag=1)["balance"].item() == band


@pytest.mark.parametrize(
    ("level", "band"),
    [(1_000.0, "under 10 % of balance"), (60.0, "10 to 25 % of balance"), (30.0, "25 to 50 % of balance"),
     (-1_000.0, "under 10 % of balance"), (0.0, "over 50 % of balance")],
)  # fmt: skip
def test_volatility_is_the_scale_against_the_mean_absolute_balance(level: float, band: str) -> None:
    y = [level + 10 * (day % 2) for day in range(101)]
    assert window_facts(panel_of(y), lag=1)["volatility"].item() == band


@pytest.mark.parametrize(
    ("every", "band"),
    [(50, "under 10 % of days"), (10, "10 to 20 % of days"), (4, "20 to 40 % of days"), (2, "over 40 % of days")],
)
def test_activity_is_the_share_of_days_with_a_move(every: int, band: str) -> None:
    y = [float(day // every) for day in range(101)]
    assert window_facts(panel_of(y), lag=30)["activity"].item() == band


def test_an_account_that_never_moved_is_still_and_has_no_scale() -> None:
    facts = window_facts(panel_of([5.0] * 200, [0.0] * 200), lag=30)
    assert facts["scale"].null_count() == facts["scale_rms"].null_count() == 2
    assert facts.select("balance", "volatility", "activity").unique().row(0) == (NO_SCALE, NO_SCALE, STILL)


def test_the_rounding_of_sums_is_no_move_and_a_cent_of_a_million_is_one() -> None:
    swept = [100.1 + 0.7 - 0.6 - 0.1 if day % 2 else 100.1 for day in range(100)]
    assert len(set(swept)) == 2
    assert window_facts(panel_of(swept, [1e6] * 99 + [1e6 + 0.01]), lag=1)["scale"].is_null().to_list() == [True, False]


@given(st.lists(balances, min_size=1, max_size=4))
def test_every_band_is_one_that_is_declared(series: list[list[float]]) -> None:
    facts = window_facts(panel_of(*series), lag=7)
    assert all(set(facts[segment]) <= set(bands) for segment, bands in BANDS.items())
