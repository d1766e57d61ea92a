"""Input of a run: files, schema and rows are read and checked against the data contract."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import polars as pl

from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import keys_among
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.core.ledger import Status
from forecast_cli.data.contract.check import Contract, check_input
from forecast_cli.data.findings import Action, Finding, raise_rejection, rejects
from forecast_cli.data.source import Source
from forecast_cli.store.manifest import FindingRecord
from forecast_cli.workflows.results import InputSummary


@dataclass(frozen=True)
class CheckedInput:
    """An input that was checked against the data contract.

    ``contract`` is None if the files or their schema already reject the input.
    """

    source: Source
    contract: Contract | None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings about files, schema and rows, in that order."""
        return self.source.findings + (self.contract.findings if self.contract else ())

    @property
    def accounts(self) -> Mapping[Status, int]:
        """Return the number of accounts by status, before any model runs."""
        return count_statuses(self.contract.ledger if self.contract else pl.DataFrame({"status": []}))


def require_valid_input(checked: CheckedInput) -> Contract:
    """Return the contract of an input that can be forecast; raise InputRejectedError for any other."""
    raise_rejection(checked.findings, checked.source.root)
    assert checked.contract is not None  # noqa: S101 - only findings that reject leave it out
    return checked.contract


def check_whole_input(path: str, settings: Settings, *, threads: int = 1) -> CheckedInput:
    """Read the input in ``threads`` threads and check it against the contract. Rejections are findings, not errors.

    Rows are read once. Only if something is wrong, each file is also read by itself, to find everything that is wrong.
    """
    from forecast_cli.data.files.open import open_source  # pyarrow is heavy

    source = open_source(path, settings, read_through=False, threads=threads)
    if not rejects(source.findings):
        with suppress(InputRejectedError):  # one of its files cannot be read
            return CheckedInput(source, check_input(source, settings, threads=threads))
    source = open_source(path, settings, threads=threads)
    return CheckedInput(source, None if rejects(source.findings) else check_input(source, settings, threads=threads))


def check_input_for_run(path: str, settings: Settings, *, threads: int = 1) -> CheckedInput:
    """Check the whole input, and keep only key, status, reason, first and last day of each account.

    The ledger that a run writes is built by its shards. This one stays in memory until the run ends, so it has few
    columns.
    """
    checked = check_whole_input(path, settings, threads=threads)
    if checked.contract is None:
        return checked
    ledger = checked.contract.ledger
    kept = ledger.select(*keys_among(ledger.columns), "status", "reason", "first", "last")
    return replace(checked, contract=replace(checked.contract, ledger=kept))


def count_statuses(ledger: pl.DataFrame) -> Mapping[Status, int]:
    """Count accounts by status; every status is a key."""
    counts = dict(ledger.group_by("status").len().iter_rows())
    return {status: counts.get(status.value, 0) for status in Status}


def summarize_input(checked: CheckedInput) -> InputSummary:
    """Return a summary of the input that was read."""
    source, contract = checked.source, checked.contract
    return InputSummary(
        root=source.root,
        files=len(source.files),
        bytes=sum(file.size for file in source.files),
        rows=source.rows,
        accounts=contract.ledger.height if contract else 0,
        origin=contract.origin if contract else None,
        verified=source.verified,
        quarantined_files=count_quarantined(source.findings),
    )


def count_quarantined(findings: Sequence[Finding | FindingRecord]) -> int:
    """Return the number of files that were left out of the input."""
    return sum(finding.count for finding in findings if finding.action == Action.QUARANTINE)
