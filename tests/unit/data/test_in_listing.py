"""The list of input files: which are read, ignored or rejected (IN07 to IN14)."""

import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BufferedIOBase
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from parquet_fixtures import balances, only, open_with, rejection, write

from forecast_cli.config.settings import Settings
from forecast_cli.data.files.input_list import ListedInput
from forecast_cli.data.files.listing import list_local
from forecast_cli.data.files.open import check_files, open_source
from forecast_cli.data.files.selection import select_parquet
from forecast_cli.data.files.storage import LocalStorage, Stat
from forecast_cli.data.findings import Action
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import Source
from forecast_cli.reports.terminal.findings import words_for

NOBODY = 65_534


def names(source: Source) -> list[str]:
    return [Path(file.path).name for file in source.files]


def test_IN07_missing_path_rejects_with_the_closest_name(tmp_path: Path) -> None:
    write(tmp_path / "balances.parquet")
    finding = rejection(open_with(tmp_path / "balance.parquet"), "IN07")
    assert "balance.parquet: no such file or folder" in finding.message
    assert finding.hint == f"did you mean {tmp_path / 'balances.parquet'}?"


def test_IN07_a_name_that_is_alike_in_its_ending_only_is_not_suggested(tmp_path: Path) -> None:
    write(tmp_path / "strings.parquet")
    finding = rejection(open_with(tmp_path / "missing.parquet"), "IN07")
    assert finding.hint == "give a file, a folder or a glob of parquet files"


def test_IN07_empty_folder_rejects(tmp_path: Path) -> None:
    finding = rejection(open_with(tmp_path), "IN07")
    assert f"{tmp_path}: no parquet file in it" in finding.message


def test_IN07_folder_of_something_else_rejects_and_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "balances.csv").write_text("a,b\n")
    finding = rejection(open_with(tmp_path), "IN07")
    assert finding.hint is not None
    assert "*.parquet" in finding.hint
    assert "found balances.csv" in finding.hint


@pytest.mark.parametrize("pattern", ["*.parquet", "nowhere/*.parquet"])
def test_IN07_glob_without_match_rejects(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "a.txt").touch()
    assert pattern in rejection(open_with(tmp_path / pattern), "IN07").message


def test_IN07_glob_without_match_is_not_called_a_folder(tmp_path: Path) -> None:
    found = rejection(open_with(tmp_path / "*.parquet"), "IN07").message
    assert found.endswith("*.parquet: no parquet file matches it")


def test_IN07_source_that_rejects_has_unknown_types(tmp_path: Path) -> None:
    source = open_with(tmp_path / "gone")
    assert (source.files, str(source.id_dtype)) == ((), "Null")
    assert source.verified == "none"


def test_IN08_neighbours_of_the_data_are_ignored(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    for name in ("_SUCCESS", "_metadata", "_common_metadata", ".a.parquet.crc", "a.parquet.crc"):
        (tmp_path / name).write_bytes(b"neighbour")
    source = open_with(tmp_path)
    assert names(source) == ["a.parquet"]
    assert source.findings == ()


def test_IN08_other_files_are_ignored_and_reported(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    for name in ("readme.txt", "b.csv"):
        (tmp_path / name).write_text("no parquet")
    source = open_with(tmp_path)
    finding = only(source.findings, "IN08")
    assert finding.action is Action.NOTE
    assert finding.examples == ("b.csv", "readme.txt")
    assert finding.message.startswith(f"{tmp_path}/b.csv: ")
    assert names(source) == ["a.parquet"]


def test_IN08_file_without_suffix_counts_where_it_is_parquet(tmp_path: Path) -> None:
    write(tmp_path / "000000_0.parquet").rename(tmp_path / "000000_0")
    (tmp_path / "notes").write_text("no parquet")
    assert names(open_with(tmp_path)) == ["000000_0"]


@pytest.mark.parametrize(
    ("kind", "log"),
    [
        ("Delta Lake", "_delta_log/00000000000000000000.json"),
        ("Hudi", ".hoodie/hoodie.properties"),
        ("Iceberg", "metadata/v1.metadata.json"),
    ],
)
def test_IN16_a_log_that_is_not_read_warns(tmp_path: Path, kind: str, log: str) -> None:
    write(tmp_path / "balances" / "a.parquet")
    path = tmp_path / "balances" / log
    path.parent.mkdir()
    path.write_text("{}", encoding="utf-8")
    source = open_with(tmp_path)
    finding = only(source.findings, "IN16")
    assert finding.action is Action.WARN
    assert finding.message.startswith(f"{path}: the log of this {kind} table is not read: ")
    assert names(source) == ["a.parquet"]


def test_IN16_a_log_beside_what_a_glob_takes_warns_too(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "_delta_log" / "0.json").write_text("{}", encoding="utf-8")
    assert "_delta_log/0.json: the log" in only(open_with(tmp_path / "*.parquet").findings, "IN16").message


@pytest.mark.parametrize("code", [errno.EACCES, errno.EIO])
def test_IN13_a_file_without_suffix_that_cannot_be_read_is_no_strangers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet").rename(tmp_path / "000001_0")
    opened = Path.open

    def refuse(path: Path, *args: str) -> object:
        if path.name == "000001_0":
            raise OSError(code, os.strerror(code), str(path))
        return opened(path, *args)

    monkeypatch.setattr(Path, "open", refuse)
    assert [Path(file.path).name for file in list_local(str(tmp_path)).files] == ["000001_0", "a.parquet"]


def test_IN08_a_pipe_and_a_link_to_nothing_are_not_waited_for_and_no_data(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "b.parquet")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    listing = list_local(str(tmp_path))
    assert [Path(file.path).name for file in listing.files] == ["a.parquet"]
    assert f"{tmp_path / 'b.parquet'}: a pipe, a socket or a device, ignored (2 files)" in [
        finding.message for finding in listing.findings
    ]


def test_IN07_a_pipe_named_as_the_input_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.parquet")
    assert "is a pipe" in rejection(open_with(tmp_path / "p.parquet"), "IN07").message


def test_files_are_looked_into_by_no_more_threads_than_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "a.parquet")
    asked = []

    class Pool(ThreadPoolExecutor):
        def __init__(self, max_workers: int) -> None:
            asked.append(max_workers)
            super().__init__(max_workers)

    monkeypatch.setattr("forecast_cli.data.files.open.ThreadPoolExecutor", Pool)
    open_source(str(tmp_path), Settings(), threads=1)
    assert asked == [1]


def test_IN09_staging_of_an_unfinished_job_is_ignored_and_reported(tmp_path: Path) -> None:
    write(tmp_path / "day" / "a.parquet")
    write(tmp_path / "_temporary" / "0" / "a.parquet")
    write(tmp_path / "day" / ".staging" / "a.parquet")
    source = open_with(tmp_path)
    finding = only(source.findings, "IN09")
    assert finding.action is Action.NOTE
    assert finding.examples == ("_temporary/0/a.parquet", "day/.staging/a.parquet")
    assert finding.message.startswith(f"{tmp_path}/_temporary/0/a.parquet: ")
    assert source.rows == 3


def test_IN09_hidden_part_above_the_root_hides_nothing(tmp_path: Path) -> None:
    write(tmp_path / ".cache" / "_in" / "a.parquet")
    assert names(open_with(tmp_path / ".cache" / "_in")) == ["a.parquet"]


def test_IN09_require_success(tmp_path: Path) -> None:
    write(tmp_path / "d1" / "a.parquet")
    write(tmp_path / "d2" / "b.parquet", balances("b"))
    finding = rejection(open_with(tmp_path, require_success=True), "IN09")
    assert "no _SUCCESS file in folder 'd1'" in finding.message
    assert finding.retryable, "the delivery may be complete in a minute"
    assert open_with(tmp_path).findings == ()
    (tmp_path / "d1" / "_SUCCESS").touch()
    assert "folder 'd2'" in rejection(open_with(tmp_path, require_success=True), "IN09").message
    (tmp_path / "d2" / "_SUCCESS").touch()
    assert open_with(tmp_path, require_success=True).findings == ()
    (tmp_path / "d1" / "_SUCCESS").unlink()
    (tmp_path / "_SUCCESS").touch()
    assert open_with(tmp_path, require_success=True).findings == ()
    assert open_with(tmp_path / "d*", require_success=True).findings == ()


def test_IN10_folder_links_are_not_followed_and_reported(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    write(root / "sub" / "a.parquet")
    write(outside / "b.parquet", balances("b"))
    (root / "loop").symlink_to(root)
    (root / "out").symlink_to(outside)
    source = open_with(root)
    finding = only(source.findings, "IN10")
    assert finding.action is Action.WARN
    assert finding.examples == ("loop", "out")
    assert finding.message.startswith(f"{root}/loop: ")
    assert words_for(finding).would == "ignore"
    assert names(source) == ["a.parquet"]
    assert names(open_with(root / "**" / "*.parquet")) == ["a.parquet"]


def test_IN10_root_that_is_a_link_is_read(tmp_path: Path) -> None:
    write(tmp_path / "root" / "a.parquet")
    (tmp_path / "latest").symlink_to(tmp_path / "root")
    assert names(open_with(tmp_path / "latest")) == ["a.parquet"]


def test_IN10_file_link_is_read_once_with_its_target(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").symlink_to(tmp_path / "a.parquet")
    source = open_with(tmp_path)
    assert names(source) == ["a.parquet"]
    assert only(source.findings, "IN11").examples == (str(tmp_path / "b.parquet"),)


def test_IN11_same_content_under_two_names_is_dropped_and_counted(tmp_path: Path) -> None:
    content = write(tmp_path / "a.parquet").read_bytes()
    (tmp_path / "copy of a.parquet").write_bytes(content)
    (tmp_path / "z.parquet").write_bytes(content)
    source = open_with(tmp_path)
    finding = only(source.findings, "IN11")
    assert finding.action is Action.REPAIR
    assert (finding.count, finding.total) == (2, 3)
    assert "copy of a.parquet: has the same content as" in finding.message
    assert source.rows == 3


def test_IN11_same_content_on_two_days_is_two_days(tmp_path: Path) -> None:
    frame = balances(days=1).drop("date")
    for day in ("2026-01-01", "2026-01-02"):
        write(tmp_path / f"date={day}" / "0.parquet", frame)
    source = open_with(tmp_path)
    assert source.findings == ()
    assert scan_rows(source, Settings()).collect()["ds"].n_unique() == 2


def test_IN12_literal_path_goes_before_the_glob(tmp_path: Path) -> None:
    write(tmp_path / "a[1].parquet")
    write(tmp_path / "a1.parquet", balances("b"))
    assert names(open_with(tmp_path / "a[1].parquet")) == ["a[1].parquet"]
    (tmp_path / "a[1].parquet").unlink()
    assert names(open_with(tmp_path / "a[1].parquet")) == ["a1.parquet"]


def test_IN12_names_with_glob_characters_are_read(tmp_path: Path) -> None:
    for name in ("a*", "b?", "c[d]", "e{f}", "g%20h"):
        write(tmp_path / f"{name}.parquet", balances(name))
    source = open_with(tmp_path)
    assert scan_rows(source, Settings()).collect()["unique_id"].unique(maintain_order=True).to_list() == [
        "a*",
        "b?",
        "c[d]",
        "e{f}",
        "g%20h",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.parquet", ["a.parquet"]),
        ("**/*.parquet", ["a.parquet", "d/b.parquet", "d/e/c.parquet"]),
        ("d", ["d/b.parquet", "d/e/c.parquet"]),
        ("d/*", ["d/b.parquet", "d/e/c.parquet"]),
        ("?/e/*", ["d/e/c.parquet"]),
        ("**/e", ["d/e/c.parquet"]),
        ("[!d]*", ["a.parquet"]),
        ("d/**", ["d/b.parquet", "d/e/c.parquet"]),
    ],
)
def test_glob_matches_files_and_all_below_folders(pattern: str, expected: list[str]) -> None:
    paths = ["d/e/c.parquet", "a.parquet", "d/b.parquet"]
    assert list(select_parquet(paths, pattern).data) == expected


def test_folders_stay_together_in_the_order_of_files() -> None:
    paths = ["a/x.parquet", "a-b/x.parquet", "a/b/x.parquet", "a.parquet"]
    assert list(select_parquet(paths).data) == ["a/b/x.parquet", "a/x.parquet", "a-b/x.parquet", "a.parquet"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Yield a folder that other users may enter, unlike pytest's own."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def _open_as_somebody(path: Path, **settings: object) -> Source:
    """Open as a user that modes count for: to root, every file is readable."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        return open_with(path, **settings)
    finally:
        os.seteuid(user)


def test_IN13_unreadable_file_rejects_with_its_mode(open_folder: Path) -> None:
    write(open_folder / "a.parquet").chmod(0o644)
    write(open_folder / "b.parquet", balances("b")).chmod(0o200)
    finding = rejection(_open_as_somebody(open_folder), "IN13")
    assert f"{open_folder / 'b.parquet'}: cannot be opened: Permission denied (mode --w-------)" in finding.message
    assert finding.hint is not None
    assert "chmod u+r" in finding.hint
    source = _open_as_somebody(open_folder, on_bad_file="quarantine")
    assert only(source.findings, "IN13").action is Action.QUARANTINE
    assert names(source) == ["a.parquet"]


def test_IN13_unreadable_folder_rejects(open_folder: Path) -> None:
    write(open_folder / "a.parquet").chmod(0o644)
    (open_folder / "sub").mkdir(mode=0o300)
    finding = rejection(_open_as_somebody(open_folder, on_bad_file="quarantine"), "IN13")
    assert "sub: cannot be opened: Permission denied (mode d-wx------)" in finding.message
    (open_folder / "sub").chmod(0o700)


def test_IN13_dangling_link_rejects(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    (tmp_path / "b.parquet").symlink_to(tmp_path / "gone")
    finding = rejection(open_with(tmp_path), "IN13")
    assert "b.parquet: cannot be opened: No such file" in finding.message
    assert finding.hint == "it is a link to a file that is not there: deliver that file, or remove the link"


def test_IN13_name_that_is_not_utf8_rejects(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    write(tmp_path / "b.parquet", balances("b")).rename(tmp_path / os.fsdecode(b"caf\xe9.parquet"))
    assert "cannot be opened: its name is not UTF-8" in rejection(open_with(tmp_path), "IN13").message
    source = open_with(tmp_path, on_bad_file="quarantine")
    assert only(source.findings, "IN13").action is Action.QUARANTINE
    assert names(source) == ["a.parquet"]


class _RestlessStorage(LocalStorage):
    """Files whose time of change moves on with each of the first ``moves`` looks."""

    def __init__(self, moves: int) -> None:
        self._left = moves
        self.reads = 0

    def stat(self, path: str) -> Stat:
        found = super().stat(path)
        self._left = max(self._left - 1, 0)
        return Stat(found.size, found.mtime_ns + self._left)

    def open(self, path: str) -> BufferedIOBase:
        self.reads += 1
        return super().open(path)


def test_IN14_file_that_changes_once_is_read_again(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    storage = _RestlessStorage(2)
    source = check_files(ListedInput(list_local(str(tmp_path)), storage), Settings())
    assert source.findings == ()
    assert storage.reads == 2


@pytest.mark.parametrize("on_bad_file", ["reject", "quarantine"])
def test_IN14_file_that_keeps_changing_rejects(tmp_path: Path, on_bad_file: str) -> None:
    write(tmp_path / "a.parquet")
    listed = ListedInput(list_local(str(tmp_path)), _RestlessStorage(100))
    source = check_files(listed, Settings.model_validate({"on_bad_file": on_bad_file}))
    finding = rejection(source, "IN14")
    assert "a.parquet: changed while it was read" in finding.message
    assert finding.retryable
