"""Fuzz the reader: damaged files must be read, or rejected with a finding or one of this package's errors.

The fuzzer's input chooses one of several good files and how it is damaged, so that most damages lie deeper than the
first bytes.
"""

import io
import sys
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import atheris
import pyarrow as pa
import pyarrow.parquet as pq

with atheris.instrument_imports(include=["forecast_cli"]):
    from forecast_cli.config.settings import Settings
    from forecast_cli.core.errors import ForecastCliError
    from forecast_cli.workflows.validate import run_validate

#: Folder of inputs to start from and to extend, or a single input to repeat.
CORPUS = Path(sys.argv[-1])
PATH = CORPUS.parent / "balances.parquet"
ROWS = 40
DAYS = [date(2026, 1, 1) + timedelta(days=row) for row in range(ROWS)]


def parquet(columns: dict[str, pa.Array], **options: object) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer, **options)
    return buffer.getvalue()


def good_files() -> list[bytes]:
    """Return small inputs with every type and encoding that the contract accepts."""
    ids, times = ["a", "b"] * (ROWS // 2), [datetime.combine(day, datetime.min.time()) for day in DAYS]
    plain = {"account_id": pa.array(ids), "date": pa.array(DAYS), "balance": pa.array([float(n) for n in range(ROWS)])}
    others = {
        "cents": {"balance": pa.array(range(ROWS), pa.int64())},
        "decimal": {"balance": pa.array([Decimal(n) for n in range(ROWS)], pa.decimal128(18, 2))},
        "holes": {"balance": pa.array([None if n % 3 else float(n) for n in range(ROWS)])},
        "numbers": {"account_id": pa.array(range(ROWS), pa.int32())},
        "codes": {"account_id": pa.array(ids).dictionary_encode()},
        "times": {"date": pa.array(times, pa.timestamp("ns", "Europe/Berlin"))},
        "text": {"balance": pa.array([str(n) for n in range(ROWS)])},
    }
    uncompressed = {"compression": "none", "use_dictionary": False}
    return [
        *(parquet(plain | columns) for columns in others.values()),
        *(parquet(plain | columns, **uncompressed) for columns in others.values()),
        parquet(plain, compression="zstd", row_group_size=7),
        parquet(plain, write_page_checksum=True),
        parquet(plain, data_page_version="2.0", compression="gzip"),
    ]


FILES = good_files()


def damaged(said: atheris.FuzzedDataProvider) -> bytes:
    """Return a good file with the changes that the fuzzer chooses."""
    content = bytearray(FILES[said.ConsumeIntInRange(0, len(FILES) - 1)])
    while said.remaining_bytes():
        place = said.ConsumeIntInRange(0, len(content))
        match said.ConsumeIntInRange(0, 7):
            case 0:
                del content[place:]
            case 1:
                content[place:place] = said.ConsumeBytes(said.ConsumeIntInRange(1, 8))
            case _:
                content[place : place + 1] = said.ConsumeBytes(1)
    return bytes(content)


def one_input(data: bytes) -> None:
    PATH.write_bytes(damaged(atheris.FuzzedDataProvider(data)))
    with suppress(ForecastCliError):
        run_validate(str(PATH), Settings())


if __name__ == "__main__":
    for place in range(len(FILES) if CORPUS.is_dir() else 0):
        (CORPUS / f"seed-{place:03d}").write_bytes(bytes([place, 7, 7, 7]))
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
