"""Counts of rows: computed at once, they equal those of a loop over the rows of each account."""

import math
from datetime import date, timedelta
from random import Random

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from ts_rows import START, Row, daily, rows

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract.numbers import NUMBER, number_keys
from forecast_cli.data.contract.profile import profile_pieces
from forecast_cli.data.contract.row_counts import count_rows

SETTINGS = Settings(as_of=START + timedelta(days=20), max_gap=3)
DATES = [None, date(1900, 1, 1), date(9999, 12, 31), *(START + timedelta(days=day) for day in range(0, 24, 2))]
BALANCES = [None, 0.0, -0.0, 1.5, -7.0, math.inf, -math.inf, math.nan]


def drawn(seed: int) -> list[Row]:
    """Draw rows of three accounts, in no order for half of the seeds."""
    random = Random(seed)
    some: list[Row] = [
        (random.choice(["a", "b", None]), random.choice(DATES), random.choice(BALANCES)) for _ in range(40)
    ]
    return some if seed % 2 else sorted(some, key=lambda row: (str(row[0]), row[1] or date(1, 1, 1)))


def counted_slowly(whole: list[Row], unique_id: object) -> dict[str, object]:
    """Count the rows of one account, row by row."""
    own = [(day, y) for key, day, y in whole if key == unique_id]
    befores: list[Row | None] = [None, *whole[:-1]]
    pairs = [(before, day) for before, (key, day, _) in zip(befores, whole, strict=True) if key == unique_id]
    gaps = [_gap(before[1], day) for before, day in pairs if before is not None and before[0] == unique_id]
    plausible = [(day, y) for day, y in own if day and SETTINGS.earliest_date <= day <= SETTINGS.latest_date]
    usable = [(day, y) for day, y in plausible if day <= START + timedelta(days=20)]
    observed = [(day, y) for day, y in usable if y is not None and math.isfinite(y)]
    days = [day for day, _ in own if day]
    return {
        "n_rows": len(own),
        "n_undated": len(own) - len(days),
        "n_impossible": len(days) - len(plausible),
        "n_after": len(plausible) - len(usable),
        "n_usable": len(usable),
        "n_missing": len(usable) - len(observed),
        "n_infinite": sum(y is not None and math.isinf(y) for _, y in usable),
        "n_obs": len(observed),
        "first": min((day for day, _ in observed), default=None),
        "last": max((day for day, _ in observed), default=None),
        "low": min((y + 0.0 for _, y in observed if y is not None), default=None),
        "high": max((y + 0.0 for _, y in observed if y is not None), default=None),
        "first_after": min((day for day, _ in plausible if (day, _) not in usable), default=None),
        "earliest": min(days, default=None),
        "latest": max(days, default=None),
        "runs": len(own) - len(gaps),
        "steps_back": sum(gap is None or gap <= 0 for gap in gaps),
        "leaps": sum(gap is not None and gap > SETTINGS.max_gap + 1 for gap in gaps),
    }


def _gap(before: date | None, day: date | None) -> int | None:
    return None if before is None or day is None else (day - before).days


@pytest.mark.parametrize("seed", range(12))
def test_counts_are_those_of_a_slow_loop(seed: int) -> None:
    whole = drawn(seed)
    frame = rows(whole).drop("at")
    pieces = pl.concat([frame[:7], frame[7:]], rechunk=False)
    found = count_rows(number_keys(pieces, ["unique_id"]), SETTINGS).drop(NUMBER)
    assert found.height == len({row[0] for row in whole})
    for counts in found.to_dicts():
        slowly = counted_slowly(whole, counts.pop("unique_id"))
        assert set(counts) == set(slowly), "counted_slowly counts every column of count_rows"
        assert repr(sorted(counts.items())) == repr(sorted(slowly.items()))  # 0.0 is not -0.0


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Enum(["USD", "EUR", "CZK"])])
def test_the_range_of_currencies_is_one_of_texts_whatever_their_type(kind: pl.DataType) -> None:
    whole: list[Row] = [(key, START, 1.0) for key in "aabbcba"]
    said = pl.Series("currency", ["EUR", "EUR", "USD", None, None, "CZK", "USD"]).cast(kind)
    frame = rows(whole).drop("at").with_columns(said)
    found = count_rows(number_keys(frame, ["unique_id"]), SETTINGS)
    expected = {
        "unique_id": ["a", "b", "c"],
        "currency_low": ["EUR", "CZK", None],
        "currency_high": ["USD", "USD", None],
    }
    assert_frame_equal(found.select(list(expected)), pl.DataFrame(expected))


@pytest.mark.parametrize(("step", "irregular"), [(-1, True), (0, True), (1, False), (4, False), (5, True)])
def test_an_account_that_two_pieces_split_is_judged_as_in_one(step: int, irregular: bool) -> None:
    """Its second piece repeats or precedes a day of the first, follows it, or leaves out more than 3 days."""
    frame = rows(daily("a", [1.0, 2.0]), daily("a", [3.0], START + timedelta(days=1 + step)), daily("b", [1.0]))
    whole, cut = (
        profile_pieces([piece.lazy() for piece in pieces], SETTINGS, collect=pl.LazyFrame.collect)
        for pieces in ([frame], [frame[:2], frame[2:]])
    )
    assert_frame_equal(cut.sort("unique_id"), whole.sort("unique_id"))
    assert cut.sort("unique_id")["irregular"].to_list() == [irregular, False]


@pytest.mark.parametrize("cut", range(1, 8))
def test_an_account_has_the_same_counts_wherever_two_pieces_split_it(cut: int) -> None:
    """Every column adds up, or is the lowest or highest; a count over neighbouring rows would miss those at the cut."""
    frame = rows(daily("a", [1.0, -1.0, 2.0, 2.0, 0.0, -3.0, 5.0, -5.0]))
    whole, pieces = (
        profile_pieces([piece.lazy() for piece in parts], SETTINGS, collect=pl.LazyFrame.collect)
        for parts in ([frame], [frame[:cut], frame[cut:]])
    )
    assert_frame_equal(pieces, whole)
