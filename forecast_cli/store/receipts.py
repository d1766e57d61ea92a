"""Receipts of shards: what a worker staged, kept once the shard is committed."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.store.atomic import write_whole
from forecast_cli.store.layout import receipt_path


@dataclass(frozen=True)
class StagedFile:
    """A file that a worker wrote to the staging folder: the table it holds, and its path in the output."""

    table: str
    staged: str
    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ShardReceipt:
    """Record of what a shard wrote: its part file of forecasts, and its rows of the tables that are merged.

    ``taken_apart``: the error of each block of accounts that was then forecast one account at a time. ``not_finite``
    and ``crossed``: rows of forecasts with a number that is not finite, and with quantiles out of order.
    """

    index: int
    accounts: int
    cpu_seconds: float
    files: tuple[StagedFile, ...]
    taken_apart: tuple[str, ...] = ()
    not_finite: int = 0
    crossed: int = 0

    def file_of(self, table: str) -> StagedFile:
        """Return the file that holds ``table``."""
        return next(file for file in self.files if file.table == table)


_RECEIPT: Final = TypeAdapter(ShardReceipt)


def write_receipt(receipt: ShardReceipt, path: Path) -> None:
    """Write a receipt; from then on its shard is committed."""
    write_whole(path, json.dumps(asdict(receipt)).encode())


def read_receipt(path: Path) -> ShardReceipt | None:
    """Return a receipt, None if it cannot be read or is that of another shard; its shard is then done again."""
    try:
        fault_point(Step.READ, path)
        receipt = _RECEIPT.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
    return receipt if path.name == Path(receipt_path(receipt.index)).name else None
