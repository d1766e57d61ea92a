"""Reading an input as a run does: its files, schema and rows, checked against the data contract."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.check import Contract, check_input
from forecast_cli.data.findings import Finding, raise_rejection, rejects
from forecast_cli.data.source import Source
from forecast_cli.workflows.results import InputSummary


@dataclass(frozen=True)
class CheckedInput:
    """An input, checked against the data contract. ``contract`` is None where the files alone reject the run."""

    source: Source
    contract: Contract | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was found in files, schema and rows, in that order."""
        return self.source.findings + (self.contract.findings if self.contract else ())

    @property
    def accounts(self) -> Mapping[Status, int]:
        """Return the accounts by status, as they stand before any model."""
        return count_statuses(self.contract.ledger if self.contract else pl.DataFrame({"status": []}))


def accept(checked: CheckedInput) -> Contract:
    """Return the contract of an input that a run may use; raises InputRejectedError for any other."""
    raise_rejection(checked.findings)
    if checked.contract is None:
        raise InputRejectedError(f"{checked.source.root}: cannot be read", "see: forecast-cli validate")
    return checked.contract


def check_whole_input(path: str, settings: Settings, *, threads: int = 1) -> CheckedInput:
    """Read the input, in ``threads``, and check it against the contract. Rejections are findings, not errors.

    Rows are read once: files are read through on their own only where something is wrong, to say all that is.
    """
    from forecast_cli.data.files.open import open_source  # pyarrow is heavy

    source = open_source(path, settings, read_through=False, threads=threads)
    contract = None if rejects(source.findings) else _check_readable(source, settings, threads)
    if contract is not None:
        return CheckedInput(source, contract)
    source = open_source(path, settings, threads=threads)
    if rejects(source.findings):
        return CheckedInput(source, None)
    return CheckedInput(source, check_input(source, settings, threads=threads))


def check_input_for_run(path: str, settings: Settings, *, threads: int = 1) -> CheckedInput:
    """Check the whole input, and keep of each account its key, its status and why, its first and last day.

    A run's ledger is made from its shards'. This one stays in memory until the run ends, so its columns are few.
    """
    checked = check_whole_input(path, settings, threads=threads)
    if checked.contract is None:
        return checked
    ledger = checked.contract.ledger
    kept = [*ledger.columns[: ledger.columns.index("status")], "status", "reason", "first", "last"]
    return replace(checked, contract=replace(checked.contract, ledger=ledger.select(kept)))


def _check_readable(source: Source, settings: Settings, threads: int) -> Contract | None:
    """Return what the contract says of ``source``; None where one of its files cannot be read."""
    try:
        return check_input(source, settings, threads=threads)
    except InputRejectedError:
        return None


def count_statuses(ledger: pl.DataFrame) -> Mapping[Status, int]:
    """Count accounts by status, every status named."""
    counts = dict(ledger.group_by("status").len().iter_rows())
    return {status: counts.get(status.value, 0) for status in Status}


def summarize_input(checked: CheckedInput) -> InputSummary:
    """Return what was read, for whoever looks."""
    source, contract = checked.source, checked.contract
    return InputSummary(
        root=source.root,
        files=len(source.files),
        bytes=sum(file.size for file in source.files),
        rows=source.rows,
        accounts=contract.ledger.height if contract else 0,
        origin=contract.origin if contract else None,
        verified=source.verified,
    )
