"""The contract over files: whole inputs and their shards give the same result, however rows are split into files."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from ts_rows import account, daily, finding, rows, rules

from forecast_cli.config.settings import Settings
from forecast_cli.data.contract import irregular
from forecast_cli.data.contract.check import Contract, check_input
from forecast_cli.data.contract.currency import find_unnamed_currency
from forecast_cli.data.contract.series import read_accounts, read_shard
from forecast_cli.data.files.open import open_source
from forecast_cli.data.findings import Action
from forecast_cli.data.scan import pieces
from forecast_cli.data.scan.id_range import IdRange
from forecast_cli.data.scan.pieces import scan_pieces
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import Source

POISON = [
    daily("a", [1, 2, 3, 4]),
    daily("b", [1, None, 3, 4]),
    daily("c", [1, 2]) + daily("c", [1, 9]),
    daily("d", [None, None]),
    daily("e", [1e300, 2]),
    daily("f", [1, 2], date(2023, 1, 1)),
    [("g", None, 1.0), (None, date(2024, 1, 1), 1.0), (" ", date(2024, 1, 1), 1.0)],
    [("h", date(2024, 1, 4), 1.0), ("h", date(2024, 1, 1), 2.0), ("h", date(9999, 12, 31), 2.0)],
]


def edge(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("at").rename({"unique_id": "account_id", "ds": "date", "y": "balance"})


def write(folder: Path, files: Mapping[str, pl.DataFrame], **chosen: object) -> tuple[Source, Settings]:
    """Write files in the user's columns and open them."""
    for name, frame in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        edge(frame).write_parquet(folder / name)
    settings = Settings.model_validate(chosen)
    return open_source(str(folder), settings), settings


def assert_shards_agree(source: Source, settings: Settings, contract: Contract, *, size: int) -> None:
    """Assert that shards of ``size`` ids cover the ledger of the whole, row by row."""
    ids = contract.ledger["unique_id"].unique(maintain_order=True)
    shards = [
        read_shard(source, settings, origin=contract.origin, first_id=part[0], last_id=part[-1])
        for part in (ids[start : start + size] for start in range(0, len(ids), size))
    ]
    assert_frame_equal(pl.concat(shard.ledger for shard in shards), contract.ledger)
    kept = contract.ledger.filter(status="ok")["unique_id"].to_list()
    assert [unique_id for shard in shards for unique_id in shard.panel.ids] == kept


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize("origin", ["input", "account"])
def test_shards_say_the_same_as_the_whole(tmp_path: Path, size: int, origin: str) -> None:
    source, settings = write(tmp_path, {"one.parquet": rows(*POISON)}, origin=origin, max_bad_rows=1)
    contract = check_input(source, settings)
    assert contract.ledger["unique_id"].to_list() == list("abcdefgh")
    assert_shards_agree(source, settings, contract, size=size)


def test_accounts_from_anywhere_come_as_they_do_in_their_shards(tmp_path: Path) -> None:
    files = {"one.parquet": rows(*POISON[:4]), "two.parquet": rows(*POISON[4:])}
    source, settings = write(tmp_path, files, origin="account", max_bad_rows=1)
    ready = check_input(source, settings).ledger.filter(status="ok")["unique_id"].to_list()
    wanted = [ready[-1], ready[0], ready[-1]]
    found = read_accounts(source, settings, origin=None, ids=wanted)
    assert found.panel.ids.to_list() == [ready[0], ready[-1]]
    for row, unique_id in enumerate(found.panel.ids):
        alone = read_shard(source, settings, origin=None, first_id=unique_id, last_id=unique_id).panel
        assert found.panel.series(row).tolist() == alone.series(0).tolist()
        assert found.panel.origins[row] == alone.origins[0]
    assert len(read_accounts(source, settings, origin=None, ids=[]).panel) == 0


def test_shards_and_the_whole_agree_on_what_of_a_history_is_used(tmp_path: Path) -> None:
    strays = [
        [("i", date(1971, 1, 1), 1.0), *daily("i", [1, 2])],
        [*daily("j", range(40)), ("j", date(1980, 1, 1), 1.0)],
    ]
    source, settings = write(
        tmp_path, {"one.parquet": rows(*POISON, *strays)}, max_bad_rows=1, max_history=3, max_gap=30
    )
    contract = check_input(source, settings)
    assert {name for name in "ahij" if "history_cut" in account(contract, name)["flags"]} == set("ahij")
    assert_shards_agree(source, settings, contract, size=1)


def test_files_in_any_order_say_the_same(tmp_path: Path) -> None:
    frame = rows(*POISON)
    parts = {f"part-{n}.parquet": frame[n::3] for n in range(3)}
    turned = {f"part-{2 - n}.parquet": part[::-1] for n, part in enumerate(parts.values())}
    (one, settings), (other, _) = write(tmp_path / "one", parts), write(tmp_path / "other", turned)
    assert_frame_equal(check_input(one, settings).ledger, check_input(other, settings).ledger)


def test_irregular_accounts_are_looked_at_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, settings = write(tmp_path, {"one.parquet": rows(*POISON).sample(fraction=1, shuffle=True, seed=3)})
    whole = check_input(source, settings)
    monkeypatch.setattr(irregular, "BATCH_ROWS", 3)
    monkeypatch.setattr(pieces, "PIECE_ROWS", 4)
    for threads in (1, 3):
        assert_frame_equal(check_input(source, settings, threads=threads).ledger, whole.ledger)


def test_only_the_row_groups_that_may_hold_an_account_are_read(tmp_path: Path) -> None:
    frame = rows(*(daily(name, [1, 2, 3, 4]) for name in "abcd"))
    for number, some in enumerate((frame[:8], frame[8:])):
        some.write_parquet(tmp_path / f"{number}.parquet", row_group_size=4)
    settings = Settings(id_col="unique_id", date_col="ds", balance_col="y")
    source = open_source(str(tmp_path), settings)
    assert [(group.rows, group.first, group.last) for group in source.files[0].groups] == [(4, "a", "a"), (4, "b", "b")]
    ids = IdRange("unique_id", source.key_dtype, "b", "b")
    assert [ids.may_hold(file) for file in source.files] == [True, False]
    near = pl.concat(scan_pieces(source, settings, first_id="b", last_id="c")).collect()
    assert near["unique_id"].unique().sort().to_list() == ["a", "b", "c", "d"]


def test_a_large_file_is_read_in_pieces_of_its_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_ROWS", 9)
    frame = rows(*(daily(name, [1, 2, 3, 4]) for name in "abcdef"))
    frame.write_parquet(tmp_path / "one.parquet", row_group_size=4)
    settings = Settings(id_col="unique_id", date_col="ds", balance_col="y")
    source = open_source(str(tmp_path), settings)
    read = [piece.collect() for piece in scan_pieces(source, settings)]
    assert [len(piece) for piece in read] == [8, 8, 8]
    assert pl.concat(read).equals(scan_rows(source, settings).collect())
    near = [
        piece.collect()["unique_id"].unique().sort().to_list()
        for piece in scan_pieces(source, settings, first_id="b", last_id="b")
    ]
    assert near == [["b"]]


def test_integer_ids_keep_their_type_and_their_order(tmp_path: Path) -> None:
    frame = rows(daily(10, [1, 2]), daily(9, [3, 4]), daily(-1, [5, 6]), id_dtype=pl.Int64)
    source, settings = write(tmp_path, {"one.parquet": frame})
    contract = check_input(source, settings)
    assert contract.ledger["unique_id"].to_list() == [-1, 9, 10]
    assert contract.ledger.schema["unique_id"] == pl.Int64
    assert_shards_agree(source, settings, contract, size=2)


def test_accounts_of_files_left_out_are_flagged_or_failed(tmp_path: Path) -> None:
    opened, settings = write(tmp_path, {"one.parquet": rows(daily("a", [1, 2]), daily("b", [3, 4]))})
    source = replace(opened, quarantined_ids=("b", "gone", " "))
    contract = check_input(source, settings)
    assert contract.ledger.select("unique_id", "status").rows() == [("a", "ok"), ("b", "ok"), ("gone", "failed")]
    assert account(contract, "b")["flags"] == ["file_quarantined"]
    assert account(contract, "gone")["flags"] == ["file_quarantined"]
    assert str(account(contract, "gone")["reason"]).startswith("quarantined: all its rows are in a file")
    assert finding(contract, "IN02", Action.SET_ASIDE).examples == ("gone",)
    assert_shards_agree(source, settings, contract, size=1)


@pytest.mark.parametrize("column", ["currency", "CURRENCY"])
def test_TS15_an_unnamed_currency_column_is_looked_at(tmp_path: Path, column: str) -> None:
    frame = rows(daily("a", [1, 2]), daily("b", [3, 4])).with_columns(pl.Series(column, ["EUR", "USD", "EUR", "EUR"]))
    source, settings = write(tmp_path, {"one.parquet": frame[:2], "two.parquet": frame[2:]})
    found = finding(check_input(source, settings), "TS15", Action.REJECT)
    assert found.examples == ("a",)
    assert f"column '{column}'" in found.message
    assert found.hint == f"make account and currency together the key: --currency-col {column}"


def test_TS15_a_currency_in_the_folder_is_looked_at(tmp_path: Path) -> None:
    files = {"currency=EUR/a.parquet": rows(daily("a", [1, 2])), "currency=USD/a.parquet": rows(daily("a", [3, 4]))}
    source, settings = write(tmp_path, files)
    assert finding(check_input(source, settings), "TS15", Action.REJECT).examples == ("a",)


def test_TS15_files_of_one_currency_each_are_read(tmp_path: Path) -> None:
    eur, usd = (rows(daily("a", [1, 2])).with_columns(currency=pl.lit(text)) for text in ("EUR", "USD"))
    source, settings = write(tmp_path, {"one.parquet": eur, "two.parquet": usd})
    assert finding(check_input(source, settings), "TS15", Action.REJECT).examples == ("a",)


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Enum(["USD", "EUR"])])
@pytest.mark.parametrize(("statistics", "read"), [(True, None), (False, "currency")])
def test_TS15_a_column_of_one_currency_is_read_only_if_footers_do_not_show_it(
    tmp_path: Path, dtype: pl.DataType, statistics: bool, read: str | None
) -> None:
    frame = rows(daily("a", [1, 2, 3])).with_columns(currency=pl.Series(["EUR", None, "EUR"], dtype=dtype))
    for name, part in (("one", frame), ("two", frame[:1]), ("none", frame[:0])):
        edge(part).write_parquet(tmp_path / f"{name}.parquet", statistics=statistics, row_group_size=2)
    source = open_source(str(tmp_path), Settings())
    assert find_unnamed_currency(source, Settings())[1] == read
    assert "TS15" not in rules(check_input(source, Settings()))


def test_TS15_currencies_are_looked_at_where_files_hold_text_and_categories(tmp_path: Path) -> None:
    text = rows(daily("a", [1, 2])).with_columns(currency=pl.Series(["EUR", "EUR"]))
    categories = rows(daily("a", [3, 4], date(2024, 1, 3)), daily("b", [5])).with_columns(
        currency=pl.Series(["EUR", "USD", "USD"], dtype=pl.Categorical)
    )
    files = {"one.parquet": text, "three.parquet": text.with_columns(unique_id=pl.lit("c"))}
    source, settings = write(tmp_path, files | {"two.parquet": categories})
    found = finding(check_input(source, settings), "TS15", Action.REJECT)
    assert (found.count, found.examples) == (1, ("a",))


def test_TS15_a_currency_column_in_some_files_only_is_no_column_of_the_input(tmp_path: Path) -> None:
    with_currency = rows(daily("a", [1, 2])).with_columns(currency=pl.Series(["EUR", "USD"]))
    source, settings = write(tmp_path, {"one.parquet": with_currency, "two.parquet": rows(daily("b", [1, 2]))})
    assert "TS15" not in rules(check_input(source, settings))


def test_TS15_shards_of_account_and_currency_say_the_same_as_the_whole(tmp_path: Path) -> None:
    frame = pl.concat(
        rows(*POISON).with_columns(currency=pl.lit(currency, dtype=pl.String)) for currency in ("USD", "EUR", None)
    )
    source, settings = write(tmp_path, {"one.parquet": frame}, currency_col="currency", max_bad_rows=1)
    contract = check_input(source, settings)
    assert contract.ledger.height == 3 * 8
    assert_shards_agree(source, settings, contract, size=3)


def test_an_input_where_nothing_can_be_forecast_has_no_origin_and_an_empty_panel(tmp_path: Path) -> None:
    source, settings = write(tmp_path, {"one.parquet": rows(daily("a", [None, None]))})
    contract = check_input(source, settings)
    assert contract.origin is None
    shard = read_shard(source, settings, origin=None, first_id="a", last_id="a")
    assert (len(shard.panel), shard.panel.y.shape) == (0, (0, 0))
    assert_frame_equal(shard.ledger, contract.ledger)
