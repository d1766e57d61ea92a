"""Timestamps: the day they belong to, the last row of a day, timezones and impossible dates (SC16 to SC19)."""

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from parquet_fixtures import arrow_columns, balances, only, open_with, rejection, rows_of, write, write_arrow

from forecast_cli.config.settings import Settings
from forecast_cli.data.findings import Action
from forecast_cli.data.scan.rows import scan_rows

moment = datetime.fromisoformat


def stamped(path: Path, moments: list[datetime], zone: str | None, unit: str = "us") -> Path:
    """Write a balance at each of ``moments``, which are UTC where there is a ``zone``."""
    values = pa.array(moments, pa.timestamp("us")).cast(pa.timestamp(unit)).cast(pa.timestamp(unit, zone))
    return write_arrow(path, arrow_columns(len(moments)), date=values)


LATE = moment("2026-01-31T23:30")  # UTC: February in Prague, still January in New York


def test_SC16_day_is_that_of_the_column_timezone(tmp_path: Path) -> None:
    stamped(tmp_path / "x.parquet", [LATE], "Europe/Prague")
    source = open_with(tmp_path)
    finding = only(source.findings, "SC16")
    assert finding.action is Action.NOTE
    assert "days are those of Europe/Prague" in finding.message
    assert source.timezone == "Europe/Prague"
    rows = scan_rows(source, Settings()).collect()
    assert rows["ds"].to_list() == [date(2026, 2, 1)]
    assert rows["at"].to_list() == [LATE]


@pytest.mark.parametrize(("zone", "day"), [("America/New_York", 31), ("UTC", 31), ("Asia/Tokyo", 1)])
def test_SC16_day_is_that_of_the_named_timezone(tmp_path: Path, zone: str, day: int) -> None:
    stamped(tmp_path / "x.parquet", [LATE], "Europe/Prague")
    assert rows_of(tmp_path, timezone=zone)["ds"][0].day == day


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Prague"])
def test_SC16_units_of_time_make_no_difference(tmp_path: Path, unit: str, zone: str | None) -> None:
    moments = [moment("1969-12-31T12:00"), moment("2026-07-01T12:00")]
    stamped(tmp_path / "x.parquet", moments, zone, unit)
    rows = rows_of(tmp_path)
    assert rows["ds"].to_list() == [date(1969, 12, 31), date(2026, 7, 1)]
    assert rows["at"].to_list() == moments
    assert rows.schema["at"] == pl.Datetime("us")


def test_SC16_naive_timestamps_are_days_as_written(tmp_path: Path) -> None:
    stamped(tmp_path / "x.parquet", [LATE], None)
    source = open_with(tmp_path)
    assert source.findings == ()
    assert source.timezone is None
    assert rows_of(tmp_path)["ds"].to_list() == [date(2026, 1, 31)]


def int96(path: Path, moments: list[datetime]) -> Path:
    """Write a balance at each of ``moments`` as Spark and Hive do."""
    table = pa.table(arrow_columns(len(moments)) | {"date": pa.array(moments, pa.timestamp("ns"))})
    pq.write_table(table, path, use_deprecated_int96_timestamps=True)
    return path


@pytest.mark.parametrize(("zone", "day"), [(None, 31), ("UTC", 31), ("Asia/Tokyo", 1)])
def test_SC16_int96_holds_instants(tmp_path: Path, zone: str | None, day: int) -> None:
    int96(tmp_path / "x.parquet", [LATE])
    finding = only(open_with(tmp_path, timezone=zone).findings, "SC16")
    assert finding.action is Action.NOTE
    assert f"has the timezone UTC: days are those of {zone or 'UTC'}" in finding.message
    rows = rows_of(tmp_path, timezone=zone)
    assert rows["ds"][0].day == day
    assert rows["at"].to_list() == [LATE]


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_SC17_int96_goes_with_instants_of_utc(tmp_path: Path, unit: str) -> None:
    int96(tmp_path / "a.parquet", [LATE.replace(day=29)])
    stamped(tmp_path / "b.parquet", [LATE.replace(day=30)], "UTC", unit)
    int96(tmp_path / "c.parquet", [LATE])
    assert [day.day for day in rows_of(tmp_path)["ds"]] == [29, 30, 31]
    assert [day.day for day in rows_of(tmp_path, timezone="Asia/Tokyo")["ds"]] == [30, 31, 1]


def test_SC16_timezone_for_naive_timestamps_is_ignored_and_reported(tmp_path: Path) -> None:
    stamped(tmp_path / "x.parquet", [LATE], None)
    finding = only(open_with(tmp_path, timezone="Asia/Tokyo").findings, "SC16")
    assert finding.action is Action.WARN
    assert "used as written" in finding.message
    assert rows_of(tmp_path, timezone="Asia/Tokyo")["ds"].to_list() == [date(2026, 1, 31)]


def test_SC16_dates_have_no_instant(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet")
    rows = rows_of(tmp_path, timezone="Asia/Tokyo")
    assert rows["at"].null_count() == 3
    assert open_with(tmp_path, timezone="Asia/Tokyo").findings == ()


def test_SC17_instants_order_the_rows_of_a_day_in_autumn(tmp_path: Path) -> None:
    first, second = moment("2026-10-25T00:30"), moment("2026-10-25T01:30")  # both 02:30 in Prague
    stamped(tmp_path / "x.parquet", [second, first], "Europe/Prague")
    rows = rows_of(tmp_path)
    assert rows["ds"].to_list() == [date(2026, 10, 25)] * 2
    assert rows.sort("at")["y"].to_list() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("zones", "words"),
    [
        (("Europe/Prague", None), "has no timezone, but the timezone Europe/Prague in"),
        (("UTC", "Asia/Tokyo"), "has the timezone Asia/Tokyo, but the timezone UTC in"),
    ],
)
def test_SC17_mixed_timezones_reject_unless_one_is_named(
    tmp_path: Path, zones: tuple[str | None, str | None], words: str
) -> None:
    stamped(tmp_path / "a.parquet", [LATE], zones[0])
    stamped(tmp_path / "b.parquet", [LATE.replace(day=30), LATE], zones[1])
    finding = rejection(open_with(tmp_path), "SC17")
    assert words in finding.message
    assert finding.hint is not None
    assert "--timezone" in finding.hint
    assert [one.rule for one in open_with(tmp_path).findings] == ["SC17"], "nothing is said to be without loss"
    named = open_with(tmp_path, timezone="Europe/Prague")
    assert named.timezone == "Europe/Prague"
    assert ("its times are read as times of Europe/Prague" in only(named.findings, "SC16").message) is (None in zones)


def test_SC17_mixed_timezones_are_ordered_in_the_named_one(tmp_path: Path) -> None:
    stamped(tmp_path / "a.parquet", [moment("2026-06-01T11:00")], "Asia/Tokyo")  # 13:00 in Prague
    stamped(tmp_path / "b.parquet", [moment("2026-06-01T12:00")], None)  # noon on the wall
    rows = rows_of(tmp_path, timezone="Europe/Prague")
    assert rows["ds"].to_list() == [date(2026, 6, 1)] * 2
    assert rows["at"].to_list() == [moment("2026-06-01T11:00"), moment("2026-06-01T10:00")]


def test_SC17_wall_times_that_are_skipped_or_happen_twice(tmp_path: Path) -> None:
    stamped(tmp_path / "a.parquet", [LATE], "UTC")
    stamped(tmp_path / "b.parquet", [moment("2026-03-29T02:30"), moment("2026-10-25T02:30")], None)
    rows = rows_of(tmp_path, timezone="Europe/Prague")
    assert rows["at"].to_list() == [LATE, moment("2026-03-29T01:30"), moment("2026-10-25T00:30")]
    assert rows["ds"].to_list() == [date(2026, 2, 1), date(2026, 3, 29), date(2026, 10, 25)]


@pytest.mark.parametrize("column", ["date", "not_even_used"])
@pytest.mark.parametrize(("zone", "meant"), [("Europe/Berln", "Europe/Berlin"), ("Mars", "")])
def test_SC19_unknown_timezone_of_a_column_rejects(tmp_path: Path, column: str, zone: str, meant: str) -> None:
    write_arrow(tmp_path / "x.parquet", arrow_columns(), **{column: pa.array([0, 1], pa.timestamp("us", zone))})
    finding = rejection(open_with(tmp_path, on_bad_file="quarantine"), "SC19")
    assert f"x.parquet: column '{column}' has the unknown timezone '{zone}'" in finding.message
    assert finding.hint is not None
    assert meant in finding.hint


@pytest.mark.parametrize(("zone", "day"), [("+02:00", 1), ("+14:00", 1), ("-12:00", 31), ("-00:00", 31)])
def test_SC19_offset_of_whole_hours_is_a_timezone(tmp_path: Path, zone: str, day: int) -> None:
    stamped(tmp_path / "x.parquet", [LATE], zone)
    assert rows_of(tmp_path)["ds"][0].day == day


@pytest.mark.parametrize("zone", ["+05:30", "-03:30", "Z", "+0530", "+15:00", "-13:00"])
def test_SC19_other_offsets_reject_with_a_cast_that_works(tmp_path: Path, zone: str) -> None:
    path = stamped(tmp_path / "x.parquet", [LATE], zone)
    finding = rejection(open_with(tmp_path), "SC19")
    assert f"x.parquet: column 'date' has the timezone '{zone}', expected a name or an offset" in finding.message
    cast = 'table.column("date").cast(pa.timestamp("us", "UTC"))'
    assert cast in (finding.hint or "")
    assert "did you mean" not in (finding.hint or "")
    table = pq.read_table(path)
    pq.write_table(table.set_column(table.column_names.index("date"), "date", eval(cast)), path)  # noqa: S307
    assert rows_of(tmp_path, timezone="Asia/Kolkata")["ds"].to_list() == [date(2026, 2, 1)]


@pytest.mark.parametrize(("zone", "meant"), [("Europe/Berln", "Europe/Berlin"), ("europe/prague", "Europe/Prague")])
def test_SC19_unknown_timezone_option_rejects(tmp_path: Path, zone: str, meant: str) -> None:
    write(tmp_path / "x.parquet")
    finding = rejection(open_with(tmp_path, timezone=zone), "SC19")
    assert f"--timezone '{zone}'" in finding.message
    assert finding.hint == f"did you mean '{meant}'?"


@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Prague"])
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("ticks", [2**63 - 1, -(2**63) + 1])
def test_SC19_instants_out_of_range_are_no_panic(tmp_path: Path, zone: str | None, unit: str, ticks: int) -> None:
    values = pa.array([0, ticks], pa.int64()).cast(pa.timestamp(unit, zone))
    write_arrow(tmp_path / "x.parquet", arrow_columns(), date=values)
    for settings in ({}, {"timezone": "America/New_York"}):
        days = rows_of(tmp_path, **settings)["ds"].to_list()
        assert days[1] < date(1700, 1, 1) or days[1] > date(2200, 1, 1)
        assert abs(days[0] - date(1970, 1, 1)).days <= 1


@pytest.mark.parametrize(("days", "nearest"), [(2**31 - 1, date.max), (-(2**31), date.min)])
def test_SC19_dates_out_of_range_are_no_panic(tmp_path: Path, days: int, nearest: date) -> None:
    values = pa.array([0, days], pa.int32()).cast(pa.date32())
    write_arrow(tmp_path / "x.parquet", arrow_columns(), date=values)
    assert rows_of(tmp_path)["ds"].to_list() == [date(1970, 1, 1), nearest]


def test_SC19_date64_is_a_date(tmp_path: Path) -> None:
    values = pa.array([date(2026, 1, 1), date(2026, 1, 2)], pa.date64())
    write_arrow(tmp_path / "x.parquet", arrow_columns(), date=values)
    assert rows_of(tmp_path)["ds"].to_list() == [date(2026, 1, 1), date(2026, 1, 2)]


def test_SC19_int96_timestamps_are_timestamps(tmp_path: Path) -> None:
    frame = balances().with_columns(pl.col("date").cast(pl.Datetime("us")).dt.offset_by("23h"))
    pq.write_table(frame.to_arrow(), tmp_path / "x.parquet", use_deprecated_int96_timestamps=True)
    rows = rows_of(tmp_path)
    assert rows["ds"].to_list() == [date(2026, 1, day) for day in (1, 2, 3)]
    assert rows["at"].to_list() == [moment(f"2026-01-0{day}T23:00") for day in (1, 2, 3)]
