"""Numbers of the windows of several shards."""

from datetime import date

import polars as pl
import pytest

from forecast_cli.evaluation.segment import Segment
from forecast_cli.evaluation.window_index import ShardRows, index_windows

DAYS = (date(2026, 1, 31), date(2026, 3, 2))


def rows_of(*accounts: str, cutoffs: int = 2) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "number of the window": [account for account in accounts for _ in range(cutoffs)],
            "cutoff": [day for _ in accounts for day in DAYS[:cutoffs]],
        },
        schema={"number of the window": pl.String, "cutoff": pl.Date},
    )


def shard(windows: pl.DataFrame, figures: pl.DataFrame, low: pl.DataFrame) -> ShardRows:
    scale = pl.when(pl.col("number of the window") != "still").then(1.0)
    return ShardRows(
        windows.with_columns(scale=scale, kind="number of the window"),
        figures.with_columns(model=pl.lit("M")),
        low.with_columns(threshold=pl.lit("0"), days=7, model=pl.lit("M"), base_rate=0.5).with_columns(
            event=pl.when(pl.col("number of the window") != "b").then(pl.lit(value=True))
        ),
    )


def test_windows_are_numbered_over_all_shards() -> None:
    shards = [
        shard(rows_of("a", "b"), rows_of("b"), rows_of("a", cutoffs=1)),
        shard(rows_of(), rows_of(), rows_of()),
        shard(rows_of("c", "still"), rows_of("c", "still"), rows_of("c")),
        shard(rows_of("z", cutoffs=1), rows_of("z", cutoffs=1), rows_of()),
    ]
    index = index_windows(shards, ["number of the window"], ["kind"], seed=0)
    assert index.accounts.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4]
    assert index.moving.tolist() == [True] * 6 + [False] * 2 + [True]
    assert index.segments["kind"].values == ("a", "b", "c", "still", "z")
    assert index.segments["kind"].places.tolist() == index.accounts.tolist()
    assert index.figures["M"].tolist() == [False, False] + [True] * 7
    assert index.low_balance["0", 7, "M"].tolist() == [True] + [False] * 3 + [True] * 2 + [False] * 3
    assert index.judged.tolist() == index.low_balance["0", 7, "M"].tolist()


@pytest.mark.parametrize(
    "figures",
    [rows_of("b", "a"), rows_of("a", "x"), pl.concat([rows_of("a"), rows_of("a")])],
    ids=["order", "x", "twice"],
)
def test_rows_that_are_not_one_for_each_window_are_refused(figures: pl.DataFrame) -> None:
    with pytest.raises(ValueError, match="in the order of windows"):
        index_windows([shard(rows_of("a", "b"), figures, rows_of())], ["number of the window"], [], seed=0)


def test_only_windows_with_a_known_event_are_judged() -> None:
    index = index_windows(
        [shard(rows_of("a", "b"), rows_of(), rows_of("a", "b"))], ["number of the window"], [], seed=0
    )
    assert index.judged.tolist() == [True, True, False, False]


def test_values_of_segments_are_joined_in_the_order_of_bands() -> None:
    one, other = (pl.Series("tenure", values) for values in (["over 4 years"], ["under 1 year", None, "over 4 years"]))
    joined = Segment.join("tenure", [Segment.of(one), Segment.of(other)])
    assert joined.values == ("under 1 year", "over 4 years", "(none)")
    assert [joined.values[place] for place in joined.places] == [
        "over 4 years",
        "under 1 year",
        "(none)",
        "over 4 years",
    ]
    assert joined.take(joined.places[:1]).without_empty().values == ("under 1 year",)
