"""docs/tables.md matches runs of the sample: files, columns, types, nulls, keys and order."""

import contextlib
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from docs_reference import ROOT
from test_docs_cli import blocks
from typer.testing import CliRunner

from forecast_cli.cli.app import build_app
from forecast_cli.evaluation.metrics import metrics_of
from forecast_cli.store.layout import FORECASTS, SUCCESS, TABLES

PAGE = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
PARTS = f"{FORECASTS}/part-*.parquet"
SECTION = re.compile(r"^### (`[^\n]+`)(?: of a backtest)?\n(.*?)(?=^##|\Z)", re.DOTALL | re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \| `?([^\s`]+)`? \|[^|]*\| (yes|no) \| .* \|$", re.MULTILINE)
OF_A_BACKTEST = PAGE.index("## Of a backtest")
METRICS = (*metrics_of((20.0, 40.0, 60.0, 80.0, 99.5)), "skill")
#: Names that stand for several columns.
ANY = {"L": r"\d+(\.\d+)?", "METRIC": "|".join(map(re.escape, METRICS)), "SEGMENT": "account_type"}
SQL_TYPES = {
    pa.large_string(): "string",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.float32(): "float",
    pa.float64(): "double",
    pa.bool_(): "boolean",
    pa.date32(): "date",
}


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool

    def stands_for(self, name: str) -> bool:
        parts = (f"({ANY.get(part, re.escape(part))})" for part in re.split(r"(METRIC|SEGMENT|(?<=_)L$)", self.name))
        return re.fullmatch("".join(parts), name) is not None


@dataclass(frozen=True)
class Table:
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]


def told(text: str, words: str) -> tuple[str, ...]:
    found = re.search(rf"{words}:? ((?:`\w+`(?:, )?)+)", text)
    return tuple(re.findall(r"`(\w+)`", found[1])) if found else ()


def tables() -> Iterator[tuple[bool, str, Table]]:
    """Each table of the page: whether it is a backtest's, its file, and what is said of it."""
    for section in SECTION.finditer(PAGE):
        files, text = section.groups()
        columns = tuple(Column(name, kind, null == "yes") for name, kind, null in ROW.findall(text))
        for file in re.findall(r"`(.+?)`", files):
            yield section.start() > OF_A_BACKTEST, file, Table(columns, told(text, "Key"), told(text, "Sorted by"))


FORECAST = {file: table for backtest, file, table in tables() if not backtest}
BACKTEST = {file: table for backtest, file, table in tables() if backtest}
LEDGER = FORECAST["accounts.parquet"]
BACKTEST["accounts.parquet"] = Table((*LEDGER.columns, *BACKTEST["accounts.parquet"].columns), LEDGER.key, LEDGER.order)
BACKTEST["failures.parquet"] = FORECAST["failures.parquet"]


def sql_type(kind: Any) -> str:
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{sql_type(field.type)}' for field in kind)}>"
    if pa.types.is_large_list(kind):
        return f"array<{sql_type(kind.value_type)}>"
    return SQL_TYPES[kind]


def assert_told(output: Path, file: str, table: Table) -> None:
    """Hold a table against what is said of it: no column is missing, none is made up, all stand in their order."""
    parts = sorted(output.glob(file))
    schema = pq.read_schema(parts[0])
    frame = pl.read_parquet(parts)
    places = [[at for at, column in enumerate(table.columns) if column.stands_for(name)] for name in schema.names]
    assert all(len(found) == 1 for found in places), dict(zip(schema.names, places, strict=True))
    rows = [found[0] for found in places]
    assert set(rows) == set(range(len(table.columns))), "a column that no run writes"
    if "METRIC" not in {column.name for column in table.columns}:  # whose three columns take turns
        assert rows == sorted(rows)
    for field, at in zip(schema, rows, strict=True):
        assert sql_type(field.type) == table.columns[at].type, field.name
        assert field.nullable
        assert table.columns[at].nullable or not frame[field.name].null_count(), field.name
    if table.key:
        assert frame.select(table.key).is_unique().all()
    if table.order:
        assert frame.equals(frame.sort(table.order, maintain_order=True))
    finite = (
        pl.selectors.float() - pl.selectors.by_name("threshold") if "tree" in frame.columns else pl.selectors.float()
    )
    assert frame.select(pl.all_horizontal(finite.is_finite().all())).item()


def assert_all_told(output: Path, tables_of: dict[str, Table]) -> None:
    written = {path.name for path in output.glob("*.parquet")} | {PARTS}
    assert written <= set(tables_of), "a file that the page does not tell of"
    for file in sorted(written):
        assert_told(output, file, tables_of[file])


def done(words: list[str], output: Path) -> Path:
    with contextlib.chdir(ROOT):
        command = [*words, "--config", "configs/sample.toml", "--output", str(output)]
        ended = CliRunner().invoke(build_app(), command, prog_name="forecast-cli")
    assert ended.exit_code == 0, ended.stderr
    return output


def test_tables_of_a_forecast_are_documented(sample_run: tuple[Path, str]) -> None:
    assert_all_told(sample_run[0], FORECAST)


def test_tables_of_a_forecast_with_candidates_are_documented(tmp_path: Path) -> None:
    output = done(["forecast", "data/sample", "--candidates", "Naive"], tmp_path / "o")
    assert {"weights.parquet", "learned_weights.parquet"} <= {path.name for path in output.iterdir()}
    assert_all_told(output, FORECAST)


@pytest.mark.usefixtures("undrawn")
def test_tables_of_a_backtest_are_documented(tmp_path: Path) -> None:
    words = ["backtest", "data/sample", "--model", "Naive,SeasonalNaive", "--windows", "1", "--segment", "account_type"]
    assert_all_told(done([*words, "--level", "80,99.5"], tmp_path / "o"), BACKTEST)


def test_each_table_that_a_run_may_write_is_documented_with_its_condition() -> None:
    assert set(FORECAST) | set(BACKTEST) == {PARTS, *TABLES}
    listed = PAGE.partition("## Which files there are")[2].partition("##")[0]
    assert set(re.findall(r"`([\w*/-]+\.parquet)`", listed)) == {PARTS, *TABLES}


@pytest.mark.parametrize("name", ["forecasts", "risk"])
def test_the_external_tables_have_the_columns_of_a_run(name: str, sample_run: tuple[Path, str]) -> None:
    found = re.search(rf"CREATE EXTERNAL TABLE {name} \((.*?)\n\)", PAGE, re.DOTALL)
    assert found
    declared = [tuple(column.replace("`", "").split()) for column in found[1].split(",")]
    (first, *_) = sorted(sample_run[0].glob(PARTS if name == FORECASTS else f"{name}.parquet"))
    assert declared == [(field.name, sql_type(field.type)) for field in pq.read_schema(first)]


def test_the_polars_example_leaves_out_runs_that_are_not_finished(sample_run: tuple[Path, str], tmp_path: Path) -> None:
    for night in ("2026-11-24", "2026-11-25"):
        shutil.copytree(sample_run[0] / FORECASTS, tmp_path / f"run={night}" / FORECASTS)
    (tmp_path / "run=2026-11-24" / SUCCESS).touch()
    (example,) = (text for text in blocks(ROOT / "docs" / "tables.md", "python") if "polars" in text)
    names: dict[str, Any] = {}
    exec(example.replace("/data/forecasts", str(tmp_path)), names)  # noqa: S102
    assert names["forecasts"].collect()["run"].unique().to_list() == [date(2026, 11, 24)]


def test_no_example_reads_all_runs_without_asking_which_are_finished() -> None:
    fenced = re.findall(r"^```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert [text for text in fenced if "run=*" in text and "run=*/_SUCCESS" not in text] == []
