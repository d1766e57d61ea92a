"""Atomic writes: complete or absent, the same bytes for the same rows, and a full disk is reported."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.store.atomic import (
    make_folder,
    raise_write_errors,
    remove_file,
    sha256_of,
    write_whole,
)
from forecast_cli.store.layout import ACCOUNTS, FORECASTS
from forecast_cli.store.tables import parquet_bytes, stage, write_parts, write_rows

ROWS = pl.DataFrame({"id": [f"a{row % 7}" for row in range(1_000)], "value": [row / 3 for row in range(1_000)]})


def test_parts_are_merged_in_order_and_the_entry_describes_the_table(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for path, part in zip(paths, (ROWS[:400], ROWS[400:400], ROWS[400:]), strict=True):
        part.write_parquet(path)
    entry = write_parts(paths, tmp_path, "whole.parquet")
    whole = tmp_path / "whole.parquet"
    assert pl.read_parquet(whole).equals(ROWS)
    assert (entry.path, entry.rows, entry.bytes) == ("whole.parquet", 1_000, whole.stat().st_size)
    assert entry.sha256 == sha256_of(whole)
    assert not list(tmp_path.glob(".*.tmp"))


def test_how_rows_were_passed_on_shows_in_no_byte_of_the_whole_table(tmp_path: Path) -> None:
    write_rows(ROWS.lazy(), tmp_path / "at once")
    passed = [stage(part, tmp_path, index, ACCOUNTS).staged for index, part in enumerate((ROWS[:400], ROWS[400:]))]
    write_parts([tmp_path / name for name in passed], tmp_path, "whole")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "at once").read_bytes()


def test_forecasts_are_staged_as_they_stay(tmp_path: Path) -> None:
    staged = stage(ROWS, tmp_path, 0, FORECASTS)
    assert (tmp_path / staged.staged).read_bytes() == parquet_bytes(ROWS)


def test_equal_rows_are_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_rows(ROWS.lazy(), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_a_full_disk_leaves_what_stood_there_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    path.write_bytes(b"before")
    (tmp_path / ".scores.parquet.tmp").symlink_to("/dev/full")
    with pytest.raises(OutputNotWrittenError, match="No space left on device"):
        write_rows(ROWS.lazy(), path)
    assert path.read_bytes() == b"before"


WRITES = {
    "content": lambda path: write_whole(path, b"all of it"),
    "rows": lambda path: write_rows(ROWS.lazy(), path),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_whole_file_is_on_disk_before_it_gets_its_name_and_then_the_name_is(
    tmp_path: Path, flushed: list[object], write: Callable[[Path], None]
) -> None:
    write(tmp_path / "file")
    assert flushed == [(tmp_path / "file").stat().st_size, "rename", "folder"]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_file_that_cannot_be_written_leaves_no_temporary_file(tmp_path: Path, write: Callable[[Path], None]) -> None:
    (tmp_path / ".a.prom.tmp").symlink_to("/dev/full")
    with pytest.raises(OutputNotWrittenError, match="No space left on device"):
        write(tmp_path / "a.prom")
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_nothing_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputNotWrittenError, match=r"out: is a link to .*gone, which does not exist"):
        make_folder(tmp_path / "out")


def test_a_folder_may_be_new_or_there_or_behind_a_link(tmp_path: Path) -> None:
    make_folder(tmp_path / "new" / "inner")
    (tmp_path / "link").symlink_to(tmp_path / "new")
    for path in (tmp_path / "new" / "inner", tmp_path / "link", tmp_path / "link" / "other"):
        make_folder(path)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["inner", "other"]


def test_a_folder_that_cannot_be_made_needs_another_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", Path("/proc/out")):
        with pytest.raises(OutputNotWrittenError) as caught:
            make_folder(path)
        assert caught.value.hint == "name another path, in a folder and not in a file"


def test_a_limit_on_open_files_is_no_lack_of_space(tmp_path: Path) -> None:
    with pytest.raises(OutputNotWrittenError, match="Too many open files") as caught, raise_write_errors(tmp_path):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("allow more open files (ulimit -n), then")


def test_a_file_that_is_not_there_is_as_good_as_removed_and_so_is_what_a_link_names(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "gone")
    for path in (tmp_path / "gone", link):
        remove_file(path)
    assert not link.is_symlink()
