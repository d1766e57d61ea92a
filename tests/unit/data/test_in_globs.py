"""Globs: what lies beside the files that one names is not reported."""

from pathlib import Path

import pytest
from parquet_fixtures import balances, only, open_with, write


@pytest.mark.parametrize(("pattern", "links"), [("2026-*/*.parquet", 0), ("*/*.parquet", 1), ("**/*.parquet", 1)])
def test_IN10_a_link_that_a_glob_does_not_name_is_no_finding(tmp_path: Path, pattern: str, links: int) -> None:
    write(tmp_path / "in" / "2026-11-25" / "a.parquet")
    (tmp_path / "in" / "latest").symlink_to(tmp_path / "in" / "2026-11-25")
    assert [finding.rule for finding in open_with(tmp_path / "in" / pattern).findings] == ["IN10"] * links


def test_IN10_a_link_in_a_folder_that_a_glob_names_is_reported(tmp_path: Path) -> None:
    write(tmp_path / "in" / "2026-11" / "a.parquet")
    (tmp_path / "in" / "2026-11" / "more").symlink_to(tmp_path)
    assert only(open_with(tmp_path / "in" / "2026-*").findings, "IN10").examples == ("2026-11/more",)


@pytest.mark.parametrize(("pattern", "tables"), [("tables/*.parquet", 0), ("*s/*.parquet", 0), ("t*/*.parquet", 1)])
def test_IN16_the_log_of_a_table_that_a_glob_does_not_name_is_no_finding(
    tmp_path: Path, pattern: str, tables: int
) -> None:
    write(tmp_path / "in" / "tables" / "a.parquet")
    write(tmp_path / "in" / "table" / "b.parquet", balances("b"))
    (tmp_path / "in" / "table" / "_delta_log").mkdir()
    (tmp_path / "in" / "table" / "_delta_log" / "0.json").write_text("{}")
    assert [finding.rule for finding in open_with(tmp_path / "in" / pattern).findings] == ["IN16"] * tables
