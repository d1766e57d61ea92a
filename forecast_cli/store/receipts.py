"""Receipts: what a worker staged of a shard, and what is kept of it once it is committed."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from forecast_cli.core.fault_points import Step, fault_point
from forecast_cli.store.atomic import write_whole


@dataclass(frozen=True)
class StagedFile:
    """A file that a worker wrote to the staging folder: the table it holds, and where it goes in the output."""

    table: str
    staged: str
    path: str
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class ShardReceipt:
    """What a shard wrote: its part of the forecasts, and its rows of every table of the whole run.

    ``taken_apart``: what each block of accounts raised that was done one account at a time. ``not_finite`` and
    ``crossed``: rows of the forecasts that hold a number that is not finite, and quantiles out of order.
    """

    index: int
    accounts: int
    cpu_seconds: float
    files: tuple[StagedFile, ...]
    taken_apart: tuple[str, ...] = ()
    not_finite: int = 0
    crossed: int = 0

    def file_of(self, table: str) -> StagedFile:
        """Return the file that holds a table."""
        return next(file for file in self.files if file.table == table)


_RECEIPT: Final = TypeAdapter(ShardReceipt)


def write_receipt(receipt: ShardReceipt, path: Path) -> None:
    """Write a receipt: from then on its shard counts."""
    write_whole(path, json.dumps(asdict(receipt)).encode())


def read_receipt(path: Path) -> ShardReceipt | None:
    """Return a receipt, or None where it cannot be read: its shard is done again."""
    try:
        fault_point(Step.READ, path)
        return _RECEIPT.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
