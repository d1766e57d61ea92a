"""Inputs for reading tests: small balances, written correctly or with one known damage."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from forecast_cli.config.settings import Settings
from forecast_cli.data.files.open import open_source
from forecast_cli.data.findings import Action, Finding
from forecast_cli.data.scan.rows import scan_rows
from forecast_cli.data.source import Source

FIRST_DAY = date(2026, 1, 1)


def balances(account: str = "a", days: int = 3, *, start: float = 1.0) -> pl.DataFrame:
    """Return ``days`` balances of one account: start, start + 1, ..."""
    return pl.DataFrame(
        {
            "account_id": [account] * days,
            "date": [FIRST_DAY + timedelta(days=day) for day in range(days)],
            "balance": [start + day for day in range(days)],
        }
    )


def write(path: Path, frame: pl.DataFrame | None = None) -> Path:
    """Write ``frame`` (default: three balances of account a), and make missing parent folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (balances() if frame is None else frame).write_parquet(path)
    return path


def write_arrow(path: Path, columns: dict[str, pa.Array], **overrides: pa.Array) -> Path:
    """Write arrow arrays with their exact types and with page checksums."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns | overrides), path, write_page_checksum=True)
    return path


def arrow_columns(rows: int = 2) -> dict[str, pa.Array]:
    """Return the three columns that every input has, as arrow arrays."""
    return {
        "account_id": pa.array(["a"] * rows),
        "date": pa.array([FIRST_DAY + timedelta(days=row) for row in range(rows)], pa.date32()),
        "balance": pa.array([float(row) for row in range(rows)]),
    }


def write_with_checksums(path: Path, rows: int = 1_000) -> Path:
    """Write uncompressed pages with checksums."""
    columns = arrow_columns(rows)
    pq.write_table(pa.table(columns), path, compression="none", use_dictionary=False, write_page_checksum=True)
    return path


def flip_bit(path: Path, position: int) -> None:
    """Flip the lowest bit of the byte at ``position``."""
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def page_position(path: Path, column: str) -> int:
    """Return the position of a byte in the middle of the pages of ``column``."""
    group = pq.read_metadata(path).row_group(0)
    chunks = (group.column(index) for index in range(group.num_columns))
    chunk = next(chunk for chunk in chunks if chunk.path_in_schema == column)
    return int(chunk.data_page_offset + chunk.total_compressed_size // 2)


def malform_pages(path: Path) -> None:
    """Write a file with a damage for which polars panics, instead of raising, when it decodes the pages."""
    pq.write_table(pa.table(arrow_columns(200)), path, compression="none")
    whole = path.read_bytes()
    for position in range(4, page_position(path, "balance")):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x80]) + whole[position + 1 :])
        if _panics(path):
            return
    raise AssertionError("polars panics over none of the damages")


def _panics(path: Path) -> bool:
    try:
        pl.scan_parquet(path).select(pl.all().max()).collect()
    except pl.exceptions.PanicException:
        return True
    except pl.exceptions.PolarsError:
        return False
    return False


def open_with(path: Path, **settings: object) -> Source:
    """Open ``path`` with the given settings, the others at their defaults."""
    return open_source(str(path), Settings.model_validate(settings))


def only(findings: Iterable[Finding], rule: str) -> Finding:
    """Return the only finding of ``rule``."""
    found = [finding for finding in findings if finding.rule == rule]
    assert len(found) == 1, [finding.message for finding in findings]
    return found[0]


def rejection(source: Source, rule: str) -> Finding:
    """Return the only finding of ``rule``, which must reject the run."""
    finding = only(source.findings, rule)
    assert finding.action is Action.REJECT
    return finding


def rows_of(path: Path, **settings: object) -> pl.DataFrame:
    """Open and read ``path``, which must not be rejected."""
    source = open_with(path, **settings)
    assert not [finding.message for finding in source.findings if finding.action is Action.REJECT]
    return scan_rows(source, Settings.model_validate(settings)).collect()
