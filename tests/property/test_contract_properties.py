"""Properties of the row contract for any rows: none is lost, and accounts do not influence each other."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forecast_cli.config.choices import OnDuplicate, Origin
from forecast_cli.config.settings import Settings
from forecast_cli.core.ledger import Repair
from forecast_cli.data.contract.check import Contract, check_pieces
from forecast_cli.data.contract.series import ShardInput, build_shard

Row = tuple[str | None, date | None, datetime | None, float | None, str | None]

SCHEMA = {"unique_id": pl.String, "ds": pl.Date, "at": pl.Datetime("us"), "y": pl.Float64, "currency": pl.String}
IDS = ["a", "A", "b ", "c\n", "[/]", "\u202e", "x" * 1100, "", " ", None]
DAYS = [date(2024, 2, 26) + timedelta(days=day) for day in range(8)]
DATES = [*DAYS, *DAYS, date(1900, 1, 1), date(9999, 12, 31), date(2024, 5, 1), date(2024, 3, 31), None]
BALANCES = [1.0, -2.5, 0.0, -0.0, 7e14, 3e15, 1e300, float("inf"), float("-inf"), float("nan"), None]


@st.composite
def poisoned(draw: st.DrawFn, ids: list[str | None] = IDS) -> pl.DataFrame:
    """Draw rows with everything that can be wrong, all dated or all timed."""
    is_timed = draw(st.booleans())
    fields = st.tuples(
        st.sampled_from(ids),
        st.sampled_from(DATES),
        st.sampled_from([9, 17]),
        st.sampled_from(BALANCES) | st.floats(-1e6, 1e6),
        st.sampled_from(["EUR", "USD", None]),
    )
    drawn = draw(st.lists(fields, max_size=40))
    whole: list[Row] = [
        (unique_id, day, _instant(day, hour) if is_timed else None, balance, currency)
        for unique_id, day, hour, balance, currency in drawn
    ]
    return pl.DataFrame(whole, schema=SCHEMA, orient="row")


def written(rows: list[tuple[str, date, float]]) -> pl.DataFrame:
    """Make dated rows out of (id, day, balance)."""
    return pl.DataFrame([(name, day, None, y, "EUR") for name, day, y in rows], schema=SCHEMA, orient="row")


def _instant(day: date | None, hour: int) -> datetime | None:
    return None if day is None else datetime.combine(day, time(hour))


def check_rows(*pieces: pl.DataFrame, settings: Settings) -> Contract:
    """Check rows that are read in ``pieces``."""
    return check_pieces(lambda **_range: (piece.lazy() for piece in pieces), settings)


#: Repairs that count rows; with the days that have a balance they are all rows of an account.
COUNTS_OF_ROWS = [
    Repair.DUPLICATES,
    Repair.CONFLICTS,
    Repair.SAME_DAY,
    Repair.NULLS_FILLED,
    Repair.NULLS_DROPPED,
    Repair.BAD_ROWS,
    Repair.AFTER_AS_OF,
]

CHOSEN = st.builds(
    Settings,
    on_duplicate=st.sampled_from([OnDuplicate.SET_ASIDE, OnDuplicate.MEAN, OnDuplicate.FAIL]),
    origin=st.sampled_from(["input", "account"]),
    as_of=st.sampled_from([None, date(2024, 2, 29), date(2024, 3, 20)]),
    max_stale=st.sampled_from([0, 3, 45]),
    max_missing=st.sampled_from([0.0, 0.3, 1.0]),
    max_gap=st.sampled_from([1, 3, 366]),
    max_history=st.sampled_from([1, 4, 3653]),
    currency_col=st.sampled_from([None, "currency"]),
)


def keys(chosen: Settings) -> list[str]:
    return ["unique_id", "currency"] if chosen.currency_col else ["unique_id"]


def build(frame: pl.DataFrame, chosen: Settings, origin: date | None) -> ShardInput:
    rows = frame if chosen.currency_col else frame.drop("currency")
    return build_shard(rows, chosen, origin=origin)


def panel_rows(found: ShardInput) -> dict[tuple[object, ...], tuple[bytes, object]]:
    """Return each account's series, to the bit, and its origin."""
    panel = found.panel
    keys = [panel.ids] if panel.currencies is None else [panel.ids, panel.currencies]
    names = zip(*(key.to_list() for key in keys), strict=True)
    return {name: (panel.series(row).tobytes(), panel.origins[row].item()) for row, name in enumerate(names)}


@settings(max_examples=40)
@given(poisoned(), CHOSEN)
def test_every_account_of_the_input_has_one_row_in_the_ledger(frame: pl.DataFrame, chosen: Settings) -> None:
    contract = check_rows(frame, settings=chosen)
    named = frame.filter(pl.col("unique_id").str.strip_chars() != "").select(keys(chosen)).unique()
    ledger = contract.ledger.select(keys(chosen))
    assert ledger.rows() == sorted(ledger.rows(), key=lambda row: [(value is not None, value or "") for value in row])
    assert sorted(map(repr, ledger.rows())) == sorted(map(repr, named.rows()))
    assert {one.total for one in contract.findings if one.unit == "rows"} <= {len(frame)}
    found = build(frame, chosen, contract.origin)
    assert set(panel_rows(found)) == set(contract.ledger.filter(status="ok").select(keys(chosen)).rows())


@settings(max_examples=40)
@given(poisoned(), CHOSEN)
def test_every_row_of_an_account_is_accounted_for(frame: pl.DataFrame, chosen: Settings) -> None:
    ledger = check_rows(frame, settings=chosen).ledger.unnest("repairs")
    counts = frame.group_by(keys(chosen)).len()
    joined = ledger.join(counts, on=keys(chosen), nulls_equal=True)
    assert joined.height == ledger.height
    total = joined.select(pl.sum_horizontal("n_obs", *(repair.value for repair in COUNTS_OF_ROWS))).to_series()
    assert total.to_list() == joined["len"].to_list()


@settings(max_examples=40)
@given(poisoned(), CHOSEN)
def test_every_day_of_a_series_is_accounted_for(frame: pl.DataFrame, chosen: Settings) -> None:
    origin = check_rows(frame, settings=chosen).origin
    found = build(frame, chosen, origin)
    kept = found.ledger.filter(status="ok").unnest("repairs")
    filled = kept.select(pl.sum_horizontal("nulls_filled", "gap_filled", "stale_filled")).to_series()
    own = found.panel.lengths - filled.to_numpy()
    whole = ~kept["flags"].list.contains("history_cut").to_numpy()
    assert (own[whole] == kept["n_obs"].to_numpy()[whole]).all()
    assert ((own >= 1) & (own <= kept["n_obs"].to_numpy())).all()
    assert (found.panel.lengths - kept["stale_filled"].to_numpy() <= chosen.max_history).all()


@settings(max_examples=40)
@given(poisoned(), CHOSEN, st.randoms())
def test_the_order_of_rows_changes_nothing(frame: pl.DataFrame, chosen: Settings, random: Random) -> None:
    order = list(range(len(frame)))
    random.shuffle(order)
    shuffled = frame[order]
    one, other = check_rows(frame, settings=chosen), check_rows(shuffled, settings=chosen)
    assert one.ledger.equals(other.ledger)
    assert (one.origin, one.findings) == (other.origin, other.findings)
    assert panel_rows(build(frame, chosen, one.origin)) == panel_rows(build(shuffled, chosen, one.origin))


@settings(max_examples=40)
@given(poisoned(), CHOSEN, st.integers(1, 9), st.booleans())
def test_where_an_input_is_cut_into_pieces_changes_nothing(
    frame: pl.DataFrame, chosen: Settings, most: int, by_account: bool
) -> None:
    rows = frame.sort("unique_id", maintain_order=True) if by_account else frame
    cut = [rows.slice(start, most) for start in range(0, max(len(rows), 1), most)]
    whole, pieces = check_rows(rows, settings=chosen), check_rows(*cut, settings=chosen)
    assert pieces.ledger.equals(whole.ledger)
    assert (pieces.origin, pieces.findings) == (whole.origin, whole.findings)


@settings(max_examples=40)
@given(poisoned(), CHOSEN)
def test_a_shard_says_the_same_of_its_accounts_as_the_whole(frame: pl.DataFrame, chosen: Settings) -> None:
    contract = check_rows(frame, settings=chosen)
    whole = panel_rows(build(frame, chosen, contract.origin))
    for unique_id in contract.ledger["unique_id"].unique():
        found = build(frame.filter(unique_id=unique_id), chosen, contract.origin)
        assert found.ledger.equals(contract.ledger.filter(unique_id=unique_id))
        assert panel_rows(found) == {name: row for name, row in whole.items() if name[0] == unique_id}


@settings(max_examples=40)
@given(poisoned(ids=["a", "c"]), poisoned(ids=["b", " ", None]), CHOSEN)
@example(written([("a", DAYS[0], 1.0)]), written([("b", DAYS[5], 1.0), ("b", DAYS[5], 2.0)]), Settings())
@example(written([("a", DAYS[0], 1.0)]), written([("b", DAYS[5], 1.0)]), Settings())
def test_a_poisoned_account_changes_no_other_by_one_bit(
    frame: pl.DataFrame, poison: pl.DataFrame, chosen: Settings
) -> None:
    both = pl.concat([poison, frame])
    contract = check_rows(both, settings=chosen)
    assert contract.origin == _latest(check_rows(frame, settings=chosen), contract.ledger.filter(unique_id="b"), chosen)
    alone, together = build(frame, chosen, contract.origin), build(both, chosen, contract.origin)
    assert together.ledger.filter(pl.col("unique_id") != "b").equals(alone.ledger)
    beside = panel_rows(together)
    assert {name: row for name, row in beside.items() if name[0] != "b"} == panel_rows(alone)


def _latest(alone: Contract, beside: pl.DataFrame, chosen: Settings) -> date | None:
    """Return the origin of ``alone``, moved on only by accounts beside it that can be forecast."""
    if chosen.as_of is not None or chosen.origin is Origin.ACCOUNT:
        return alone.origin
    days = [day for day in (alone.origin, beside.filter(status="ok")["last"].max()) if isinstance(day, date)]
    return max(days, default=None)


@settings(max_examples=40)
@given(poisoned(), CHOSEN)
def test_filling_twice_is_filling_once(frame: pl.DataFrame, chosen: Settings) -> None:
    chosen = chosen.model_copy(update={"max_history": 3653})  # else the days filled up to the origin count as history
    origin = check_rows(frame, settings=chosen).origin
    once = build(frame, chosen, origin)
    filled = pl.DataFrame(list(_filled_rows(once)), schema=SCHEMA, orient="row")
    twice = build(filled, chosen, origin)
    assert panel_rows(twice) == panel_rows(once)
    assert twice.ledger["repairs"].struct.unnest().sum_horizontal().sum() == 0


def _filled_rows(found: ShardInput) -> Iterator[Row]:
    panel = found.panel
    for row in range(len(panel)):
        currency = None if panel.currencies is None else panel.currencies[row]
        series = panel.series(row)
        for back, balance in enumerate(reversed(series.tolist())):
            yield panel.ids[row], panel.origins[row].item() - timedelta(days=back), None, balance, currency
