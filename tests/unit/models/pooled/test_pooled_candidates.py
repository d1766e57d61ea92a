"""Candidates: how time is spent, which accounts are joined, and the blend with a share, on cases worked by hand."""

from dataclasses import replace

import numpy as np
import pytest
from panels import panel_of

from forecast_cli.data.panel import Panel
from forecast_cli.models.naive import Naive
from forecast_cli.models.pooled.allot import allocate_budget
from forecast_cli.models.pooled.candidates import Weights, band_of, joined_by
from forecast_cli.models.pooled.joining import forecast_candidate, join_candidates
from forecast_cli.models.pooled.segments import segments_of
from forecast_cli.models.pooled.weighting import Training, _best_shares, _estimate_gain, estimate_accounts
from forecast_cli.models.registry import parse_model

ACCOUNTS = np.array([100.0, 200.0])


def weights(name: str, gain: float, reach: float, weight: float = 0.5) -> Weights:
    return Weights(name, np.full(3, 99), np.full((3, 3), weight), np.full(3, gain), np.full(3, reach))


def test_time_goes_where_it_promises_most() -> None:
    """10 ms an account: 100 that gain 0.03 take 1,000 ms, the other 500 ms do a quarter of 200 that gain 0.01."""
    reach = allocate_budget(np.array([[0.03, 0.01]]), [10.0], ACCOUNTS, 1500.0)
    assert reach.tolist() == [[1.0, 0.25]]


def test_a_kind_of_which_there_is_no_account_takes_no_time() -> None:
    reach = allocate_budget(np.array([[0.03, 0.01]]), [10.0], np.array([0.0, 200.0]), 1_000.0)
    assert reach.tolist() == [[1.0, 0.5]]


def test_what_is_left_goes_from_the_cheap_candidate_to_the_dear_one() -> None:
    """The cheap one is worth 0.02 a ms, the dear one 0.01 for each of 4 ms more: all get the one, half the other."""
    gain = np.array([[0.02, 0.0], [0.06, 0.0]])
    assert allocate_budget(gain, [1.0, 5.0], ACCOUNTS, 300.0).tolist() == [[1.0, 0.0], [0.5, 0.0]]


def test_a_step_to_a_dearer_candidate_is_worth_what_it_adds_for_each_ms_it_adds() -> None:
    """The cheap one is worth 0.02 a ms, the dear one 0.04 for 4 ms more: ahead of the 0.009 a ms of the others."""
    gain = np.array([[0.02, 0.0], [0.06, 0.045]])
    assert allocate_budget(gain, [1.0, 5.0], ACCOUNTS, 500.0).tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_the_dear_candidate_comes_first_where_it_is_worth_more() -> None:
    gain = np.array([[0.01, 0.0], [0.06, 0.0]])
    assert allocate_budget(gain, [1.0, 2.0], ACCOUNTS, 100.0).tolist() == [[0.0, 0.0], [0.5, 0.0]]


def test_a_candidate_that_promises_nothing_reaches_nobody() -> None:
    assert not allocate_budget(np.zeros((2, 2)), [1.0, 5.0], ACCOUNTS, 1e9).any()


def test_an_account_is_joined_independently_of_others_and_more_are_joined_with_more_reach() -> None:
    panel = panel_of(*np.zeros((400, 40)))
    segments = np.zeros(400, dtype=np.int64)
    few, more = (joined_by(panel, segments, [weights("a", 0.1, reach)]) >= 0 for reach in (0.2, 0.6))
    assert 40 < few.sum() < 120 < more.sum() < 320
    assert (more[few]).all()
    some = np.array([7, 200, 399])
    np.testing.assert_array_equal(joined_by(panel.take(some), segments[:3], [weights("a", 0.1, 0.6)]) >= 0, more[some])


def test_the_candidate_of_the_highest_gain_is_taken_among_those_that_reach_an_account() -> None:
    panel, segments = panel_of(*np.zeros((50, 40))), np.zeros(50, dtype=np.int64)
    assert set(joined_by(panel, segments, [weights("a", 0.1, 1.0), weights("b", 0.2, 1.0)])) == {1}
    assert set(joined_by(panel, segments, [weights("a", 0.1, 1.0), weights("b", 0.2, 0.5)])) == {0, 1}
    assert set(joined_by(panel, segments, [weights("a", 0.0, 1.0)])) == {-1}


def test_a_candidate_joins_the_segments_in_which_it_gains() -> None:
    panel, segments = panel_of(*np.zeros((3, 40))), np.arange(3)
    one, other = (
        replace(weights(name, 0.0, 1.0), gain=np.array(gain))
        for name, gain in (("a", [0.0, 0.1, 0.1]), ("b", [0.0, 0.0, 0.2]))
    )
    assert joined_by(panel, segments, [one, other]).tolist() == [-1, 0, 1]


def test_accounts_that_move_on_a_tenth_and_a_fifth_of_their_days() -> None:
    y = np.zeros((4, 91))
    for row, moves in enumerate((8, 9, 18, 90)):
        y[row, 1:] = np.cumsum(np.arange(90) < moves)
    assert segments_of(panel_of(*y)).tolist() == [0, 1, 2, 2]


def losses(*lower: float) -> np.ndarray:
    """The losses [m, 1, 5] of windows of one day: the fourth weight lowers those of none, all others raise them."""
    loss = np.full((len(lower), 1, 5), 6.0)
    loss[:, 0, 0], loss[:, 0, 3] = 5.0, 5.0 - np.array(lower)
    return loss


@pytest.mark.parametrize(
    ("lower", "group", "gain"),
    [
        ([3.0, -1.0] * 8, [0, 0, 1, 1] * 4, 1.0),
        ([3.0, -1.0] * 2, [0, 0, 1, 1], 0.0),  # its standard error is 1.15
        ([1.0, 1.0, -1.0, -1.0], [0, 0, 1, 1], 0.0),  # what helps one half harms the other
        ([1.0, 1.0, 1.0, 1.0], [0, 0, 0, 0], 0.0),  # there is nobody else to choose by
    ],
)
def test_a_gain_is_that_of_weights_chosen_on_others_and_above_its_standard_error(
    lower: list[float], group: list[int], gain: float
) -> None:
    assert _estimate_gain(losses(*lower), np.array(group), np.array([0])) == gain


def test_the_weight_of_a_band_is_the_one_of_least_mean_loss_over_its_days() -> None:
    """Three days in two bands; the last band has none."""
    loss = np.full((2, 3, 5), 5.0)
    loss[0, 0, 1], loss[1, 1, 2], loss[:, 2, 4] = 3.0, 2.0, 4.0
    assert _best_shares(loss, np.array([0, 0, 1])).tolist() == [2, 4, 0]


def test_accounts_of_each_segment_are_counted_over_90_days_and_scaled_to_all() -> None:
    """Accounts that moved on every day until 30 days ago are still lively; one in three was read."""
    y = np.zeros((40, 200))
    y[:30, 1:170] = np.arange(169)
    y[:30, 170:] = 168
    panel = panel_of(*y)
    last = panel.origins.astype("datetime64[D]").astype(np.int64)
    training = Training(panel, last[:, None], 1_096, accounts=np.array([120]), max_stale=None)
    counted = estimate_accounts(training, 0, panel.origins.max() + np.timedelta64(1, "D"))
    assert counted.tolist() == [30.0, 0.0, 90.0]
    last[:10] -= 46  # more than 45 days without a row: they are not forecast any more
    stale = replace(training, known=last[:, None], max_stale=45)
    assert estimate_accounts(stale, 0, panel.origins.max() + np.timedelta64(1, "D")).tolist() == [30.0, 0.0, 60.0]


@pytest.mark.parametrize(
    ("days", "moves", "segment"),
    [(91, 8, 0), (91, 9, 1), (91, 17, 1), (91, 18, 2), (500, 8, 0), (500, 9, 1), (11, 0, 0), (11, 1, 1), (1, 0, 0)],
)
def test_segments_are_by_the_share_of_the_last_90_days_with_a_move(days: int, moves: int, segment: int) -> None:
    """9 of 90 days are a tenth, 18 are a fifth; 11 days of history have 10 moves, and so 1 is a tenth."""
    flows, first = np.zeros(days), max(days - 90, 1)
    flows[:first] = 1.0  # earlier moves do not count
    flows[first : first + moves] = 1.0
    assert segments_of(panel_of(np.cumsum(flows))).tolist() == [segment]


def test_bands_end_with_the_week_and_the_month() -> None:
    assert band_of(np.array([1, 7, 8, 30, 31, 90])).tolist() == [0, 0, 1, 1, 2, 2]


def test_mean_and_quantiles_are_drawn_to_those_of_the_candidate_by_its_share() -> None:
    y = np.cumsum(np.random.default_rng(1).normal(0, 1, (3, 60)), axis=1)
    panel, levels = panel_of(*y), (80.0,)
    mean, quantiles = np.zeros((3, 10)), np.tile([-1.0, 0.0, 1.0], (3, 10, 1))
    weight = np.tile([0.25, 1.0, 0.0], (3, 1))
    one = Weights("Naive", np.full(3, 99), weight, np.full(3, 0.1), np.ones(3))
    whole = join_candidates(panel, mean, quantiles, [one], {"Naive": parse_model("Naive", ())}, levels=levels)
    assert not mean.any(), "what was given is left as it was"
    mean, quantiles, joined = whole.mean, whole.quantiles, whole.joined
    assert whole.taken_apart == ()
    want = Naive().fit(panel).forecast(10, levels)
    np.testing.assert_allclose(mean[:, :7], 0.25 * want.mean[:, :7])
    np.testing.assert_allclose(quantiles[:, :7], 0.75 * np.array([-1.0, 0.0, 1.0]) + 0.25 * want.quantiles[:, :7])
    np.testing.assert_array_equal(quantiles[:, 7:], want.quantiles[:, 7:])
    assert sorted(joined) == [0, 1, 2]
    assert joined[0].share.tolist() == [0.25] * 7 + [1.0] * 3


@pytest.mark.parametrize(("days", "joined"), [(29, []), (30, [0])])
def test_an_account_that_is_too_short_for_the_candidate_is_left_as_it_is(days: int, joined: list[int]) -> None:
    mean, quantiles = np.zeros((1, 5)), np.zeros((1, 5, 3))
    one = [weights("Naive", 0.1, 1.0)]
    known = {"Naive": parse_model("Naive", ())}
    whole = join_candidates(panel_of(np.arange(days) + 1.0), mean, quantiles, one, known, levels=(80.0,))
    assert list(whole.joined) == joined
    assert whole.mean.any() == bool(joined)


def test_what_a_candidate_says_beyond_reason_or_fails_on_is_not_used() -> None:
    y = np.cumsum(np.random.default_rng(2).normal(0, 1, (3, 60)), axis=1)
    y[1] = np.nan
    done = forecast_candidate(parse_model("Naive", ()), panel_of(*y), 5, (80.0,)).done
    assert done.tolist() == [True, False, True]


def test_a_candidate_that_raises_on_a_block_is_run_on_each_account_and_that_is_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fit = Naive.fit

    def fit_one(self: Naive, panel: Panel) -> object:
        if len(panel) > 1:
            raise IndexError
        return fit(self, panel)

    monkeypatch.setattr(Naive, "fit", fit_one)
    panel = panel_of(*np.cumsum(np.random.default_rng(1).normal(0, 1, (3, 60)), axis=1))
    said, known = (np.zeros((3, 5)), np.zeros((3, 5, 3))), {"Naive": parse_model("Naive", ())}
    whole = join_candidates(panel, *said, [weights("Naive", 0.1, 1.0)], known, levels=(80.0,))
    assert sorted(whole.joined) == [0, 1, 2]
    assert whole.taken_apart == ("Naive: IndexError",)
    alone = join_candidates(
        panel.part(slice(0, 1)), *(one[:1] for one in said), [weights("Naive", 0.1, 1.0)], known, levels=(80.0,)
    )
    assert alone.taken_apart == ()


@pytest.mark.parametrize(
    ("text", "name"), [("MSTL", "MSTL(30)"), ("AutoETS", "AutoETS(1)"), ("MonthPaths", "MonthPaths")]
)
def test_a_candidate_is_found_by_its_name_under_any_default(text: str, name: str) -> None:
    choice = parse_model(text, (30,))
    assert choice.name == name
    assert parse_model(name, ()).season_lengths == choice.season_lengths
