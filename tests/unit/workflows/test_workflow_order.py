"""Rows in any order: sorted by account if shards would read them repeatedly, with the same numbers."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError, OutputNotWrittenError
from forecast_cli.core.progress import NullProgress
from forecast_cli.data.contract.series import read_shard
from forecast_cli.data.files.open import open_source
from forecast_cli.data.sample.spec import SampleSpec
from forecast_cli.data.sample.write import write_sample
from forecast_cli.data.scan import order, pieces
from forecast_cli.data.scan.amounts import read_amounts
from forecast_cli.data.scan.attributes import read_attribute
from forecast_cli.engine import local
from forecast_cli.store import spill as spilling
from forecast_cli.store.spill import spill
from forecast_cli.workflows.forecast import plan_forecast, run_forecast
from forecast_cli.workflows.results import ForecastRequest

#: ``ORDER_ACCOUNTS=20000`` was run by hand: 2,000 are enough to be cut into pieces in every way.
ACCOUNTS = int(os.environ.get("ORDER_ACCOUNTS", "2000"))
DAYS = 240


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have small inputs cut into pieces and buckets as large ones are, and put in order without a thought."""
    monkeypatch.setattr(order, "FREE_ROWS", 0)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 50_000)
    monkeypatch.setattr(spilling, "_BUCKET_ROWS", 60_000)


@pytest.fixture(scope="module")
def by_account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("order") / "by_account"
    write_sample(SampleSpec(accounts=ACCOUNTS, days=DAYS, seed=5), folder, NullProgress())
    return folder


@pytest.fixture(scope="module")
def by_day(by_account: Path) -> Path:
    folder = by_account.with_name("by_day")
    folder.mkdir()
    rows = pl.read_parquet(by_account / "part-00000.parquet").drop("currency").sample(fraction=1, shuffle=True, seed=1)
    for (day,), some in rows.sort("date", maintain_order=True).partition_by("date", as_dict=True).items():
        some.write_parquet(folder / f"{day}.parquet")
    return folder


def rows_of(output: Path) -> tuple[pl.DataFrame, ...]:
    tables = [pl.read_parquet(output / name) for name in ("risk.parquet", "events.parquet", "failures.parquet")]
    accounts = pl.read_parquet(output / "accounts.parquet").drop("seconds")
    return pl.read_parquet(output / "forecasts"), accounts, *tables


def bytes_of(output: Path) -> dict[str, bytes]:
    names = [path.relative_to(output) for path in sorted(output.rglob("*.parquet"))]
    return {str(name): (output / name).read_bytes() for name in names if name.name != "accounts.parquet"}


@pytest.mark.usefixtures("eager")
@pytest.mark.timeout(300 + ACCOUNTS // 20)
def test_the_order_of_rows_the_workers_and_the_cut_change_no_number(
    by_account: Path, by_day: Path, tmp_path: Path
) -> None:
    def run(source: Path, *, jobs: int, size: int, memory: str | None = None) -> Path:
        output = tmp_path / f"{source.name}-{jobs}-{size}"
        settings = Settings(jobs=jobs, shard_size=size, threshold=("p10",), memory=memory)
        found = run_forecast(ForecastRequest(str(source), output, settings))
        assert found.exit_code == 0
        assert not (output / ".run").exists()
        return output

    one = run(by_account, jobs=2, size=700)
    other = run(by_day, jobs=1, size=700)
    assert bytes_of(other) == bytes_of(one)
    for again in (run(by_day, jobs=2, size=150), run(by_account, jobs=1, size=ACCOUNTS, memory="600MB")):
        assert all(a.equals(b) for a, b in zip(rows_of(again), rows_of(one), strict=True))


class CutOffError(Exception):
    """The run ends here."""


@pytest.mark.usefixtures("eager")
def test_complete_sorted_rows_are_reused_and_removed_at_the_end(
    by_day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ForecastRequest(str(by_day), tmp_path / "out", Settings(model=("Naive",), jobs=1, shard_size=300))
    folder = tmp_path / "out" / ".run" / "spill"
    written = []

    def count(source: object, *rest: object, **named: object) -> object:
        written.append(source)
        return deal(source, *rest, **named)  # type: ignore[arg-type]

    deal = spilling._write
    monkeypatch.setattr(spilling, "_write", count)

    def cut_off(*_: object, **__: object) -> Iterator[None]:
        raise CutOffError
        yield

    with monkeypatch.context() as cutting:
        cutting.setattr(local, "run_shards", cut_off)
        with pytest.raises(CutOffError):
            run_forecast(request)
        assert len(written) == 1
        with pytest.raises(CutOffError):
            run_forecast(request)
        assert len(written) == 1
        (folder / "bucket-00001.parquet").write_bytes(b"torn")
        with pytest.raises(CutOffError):
            run_forecast(request)
        assert len(written) == 2
        (folder / "index.json").unlink()
    run_forecast(request)
    assert len(written) == 3
    assert not folder.parent.exists()


@pytest.mark.usefixtures("eager")
def test_a_dry_run_says_what_putting_rows_in_order_takes(by_account: Path, by_day: Path, tmp_path: Path) -> None:
    settings = Settings(model=("Naive",), shard_size=300)
    plan = plan_forecast(ForecastRequest(str(by_day), tmp_path / "out", settings))
    assert plan.spill_bytes == plan.input.rows * 16
    by_groups = Settings(model=("Naive",), shard_size=1_000)
    assert plan_forecast(ForecastRequest(str(by_account), tmp_path / "out", by_groups)).spill_bytes is None
    assert not (tmp_path / "out").exists()


def test_small_inputs_are_read_as_they_lie(by_day: Path, tmp_path: Path) -> None:
    settings = Settings(model=("Naive",), shard_size=300)
    assert plan_forecast(ForecastRequest(str(by_day), tmp_path / "out", settings)).spill_bytes is None


@pytest.mark.usefixtures("eager")
def test_a_full_disk_is_reported_before_any_row_is_sorted(
    by_day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spilling, "spill_bytes", lambda *_: 10**18)
    request = ForecastRequest(str(by_day), tmp_path / "out", Settings(model=("Naive",), shard_size=300))
    with pytest.raises(OutputNotWrittenError, match="GB free; sorting the input by account takes up to"):
        run_forecast(request)
    assert not list((tmp_path / "out").rglob("bucket-*"))


TWO_ACCOUNTS = pl.DataFrame({"account_id": ["b", "a"], "date": [date(2026, 1, 1)] * 2, "balance": [1.0, 2.0]})


def test_each_column_that_is_kept_takes_disk(tmp_path: Path) -> None:
    """8 bytes for account and day, and 8 for each of balance, limit and kind, in 2 rows."""
    TWO_ACCOUNTS.with_columns(limit=pl.lit(1.0), kind=pl.lit("x")).write_parquet(tmp_path / "in.parquet")
    settings = Settings(threshold=("limit",), segment=("kind",))
    assert spilling.spill_bytes(open_source(str(tmp_path), settings), settings) == 2 * 32


def test_rows_in_order_are_on_disk_before_their_index_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flushed: list[object]
) -> None:
    monkeypatch.setattr(spilling, "_BUCKET_ROWS", 1)
    TWO_ACCOUNTS.write_parquet(tmp_path / "in.parquet")
    source = open_source(str(tmp_path / "in.parquet"), Settings())
    spill(source, Settings(), pl.Series(["a", "b"]), tmp_path / "spill", advance=lambda _: None)
    sizes = [(tmp_path / "spill" / f"bucket-0000{number}.parquet").stat().st_size for number in (1, 0)]
    index = (tmp_path / "spill" / "index.json").stat().st_size
    assert sorted(flushed[:2]) == sorted(sizes)  # type: ignore[type-var]
    assert flushed[2:] == ["folder", index, "rename", "folder"]


def test_an_input_that_changes_while_it_is_put_in_order_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, folder, write = tmp_path / "in.parquet", tmp_path / "spill", spilling._write
    TWO_ACCOUNTS.write_parquet(path)
    source = open_source(str(path), Settings())

    def write_while_it_changes(*given: object, **named: object) -> object:
        buckets = write(*given, **named)  # type: ignore[arg-type]
        pl.concat([TWO_ACCOUNTS, TWO_ACCOUNTS]).write_parquet(path)
        return buckets

    monkeypatch.setattr(spilling, "_write", write_while_it_changes)
    with pytest.raises(InputRejectedError, match="changed"):
        spill(source, Settings(), pl.Series(["a", "b"]), folder, advance=lambda _: None)
    assert not (folder / "index.json").exists()


def test_RT12_rows_are_not_written_to_the_buckets_of_a_run_that_has_replaced_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, bucket = tmp_path / "in.parquet", tmp_path / "spill" / "bucket-00000.parquet"
    TWO_ACCOUNTS.write_parquet(path)
    source, pieces_of = open_source(str(path), Settings()), spilling.scan_pieces

    def replace_and_scan(*given: object, **named: object) -> Iterator[pl.LazyFrame]:
        bucket.write_bytes(b"rows of another run")
        yield from pieces_of(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(spilling, "scan_pieces", replace_and_scan)
    with pytest.raises(OutputNotWrittenError, match="File exists"):
        spill(source, Settings(), pl.Series(["a", "b"]), bucket.parent, advance=lambda _: None)
    assert bucket.read_bytes() == b"rows of another run"


@pytest.mark.usefixtures("eager")
def test_all_that_a_run_reads_is_the_same_in_rows_put_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mixed types, timestamps in a timezone, the last row of an instant, currencies, amounts and words of accounts."""
    monkeypatch.setattr(spilling, "_BUCKET_ROWS", 4)
    start = datetime(2026, 1, 1, 22, tzinfo=UTC)
    for number in range(3):
        instants = [start + timedelta(hours=7 * place + min(number, 1)) for place in range(8)]
        pl.DataFrame(
            {
                "account_id": ["b", "a", None, "c", "a", "b", " ", "a"],
                "date": pl.Series(instants, dtype=pl.Datetime("ms", "UTC")),
                "balance": pl.Series(range(100 * number, 100 * number + 8), dtype=pl.Int64 if number else pl.Float64),
                "ccy": ["EUR", "USD", "EUR", None, "EUR", "USD", "EUR", "USD"],
                "limit": pl.Series([number * 10] * 8, dtype=pl.Int32 if number else pl.Float64),
                "kind": ["x", None, "y", "z", f"{number}", "x", "x", None],
            }
        ).write_parquet(tmp_path / f"{number}.parquet")
    settings = Settings(
        currency_col="ccy", threshold=("limit",), segment=("kind",), timezone="Asia/Tokyo", on_duplicate="last-row"
    )
    source = open_source(str(tmp_path), settings)
    ids = pl.Series(["a", "b", "c"])
    ordered = spill(source, settings, ids, tmp_path / "spill", advance=lambda _: None)
    assert len(ordered.files) == 3
    for first, last in (("a", "c"), ("b", "b")):
        one, other = (
            read_shard(read, settings, origin=None, first_id=first, last_id=last) for read in (source, ordered)
        )
        assert one.ledger.equals(other.ledger)
        assert one.panel.y.tobytes() == other.panel.y.tobytes()
        amounts = [read_amounts(read, settings, "limit", first_id=first, last_id=last) for read in (source, ordered)]
        assert amounts[0].sort(pl.all()).equals(amounts[1].sort(pl.all()))
        words = [read_attribute(read, settings, "kind", first_id=first, last_id=last) for read in (source, ordered)]
        assert words[0].equals(words[1])


@pytest.mark.usefixtures("eager")
def test_ids_of_more_digits_than_64_bits_hold_are_kept_in_rows_put_in_order(tmp_path: Path) -> None:
    ids = [10**30, -(10**37), 7]
    TWO_ACCOUNTS.head(1).drop("account_id").join(
        pl.DataFrame({"account_id": pl.Series(map(str, ids)).cast(pl.Decimal(38, 0))}), how="cross"
    ).write_parquet(tmp_path / "in.parquet")
    source = open_source(str(tmp_path), Settings())
    accounts = pl.Series(sorted(ids), dtype=pl.Int128)
    ordered = spill(source, Settings(), accounts, tmp_path / "spill", advance=lambda _: None)
    read = [read_shard(ordered, Settings(), origin=None, first_id=first, last_id=10**30) for first in (None, 7, 8)]
    assert [one.ledger["unique_id"].to_list() for one in read] == [sorted(ids), [7, 10**30], [10**30]]
