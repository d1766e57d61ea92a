"""Requests and results of the workflows: frozen values that the command line renders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import ConfigError
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.data.files.addresses import Output
from forecast_cli.data.findings import Finding, rejects
from forecast_cli.store.check import Damage
from forecast_cli.store.state import OutputState

if TYPE_CHECKING:
    from forecast_cli.reports.run_metrics import Change


@dataclass(frozen=True)
class ForecastRequest:
    """Request for one run: read ``input`` (a file, folder, glob or URI), write to ``output`` (a folder or an address).

    ``force`` repeats a finished run, and replaces a run with other input or settings. ``previous`` is an earlier run,
    or the folder that holds such runs; ``metrics.json`` then reports the change against it.
    """

    input: str
    output: Output
    settings: Settings
    force: bool = False
    previous: Output | None = None


@dataclass(frozen=True)
class FailureGroup:
    """Accounts that share an outcome other than OK for one reason, and how many there are.

    ``model`` is the requested model, None if no model was reached; ``model_used`` the model that replaced it, None if
    none did. ``examples`` are the ids of a few of the accounts.
    """

    status: Status
    model: str | None
    model_used: str | None
    error: str
    message: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class LowBalanceCount:
    """Number of accounts that are likely to fall below one threshold, by the forecast of the first model.

    ``accounts`` have a forecast and this threshold. ``likely`` counts, for each of ``windows`` in days, those of which
    at least half of the sample paths fall below it.
    """

    threshold: str
    accounts: int
    windows: tuple[int, ...]
    likely: tuple[int, ...]


@dataclass(frozen=True)
class WrittenFile:
    """A file of a run's output, or a folder of part files; ``path`` is relative to the output."""

    path: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class InputSummary:
    """Summary of an input; ``rows`` are counted before any repair, ``origin`` is None if each account has its own.

    ``quarantined_files`` were left out and are not in ``files``; accounts that only they hold may be unknown.
    """

    root: str
    files: int
    bytes: int
    rows: int
    accounts: int
    origin: date | None
    verified: str
    quarantined_files: int


@dataclass(frozen=True)
class ForecastRun:
    """Result of a finished forecast run.

    ``accounts`` counts accounts by status and always adds up to ``input.accounts``. ``reused``: the output already held
    this finished run and was left as it is. ``shards_resumed``: how many of ``shards`` an interrupted run had already
    committed. ``holidays`` is the calendar that moves payments, None if no model detects payments. ``change`` is the
    difference from an earlier run, None if there is none to compare with. ``seconds`` is wall time.
    """

    output: Output
    input: InputSummary
    accounts: Mapping[Status, int]
    models: tuple[str, ...]
    holidays: str | None
    horizon: int
    levels: tuple[float, ...]
    forecast_rows: int
    shards: int
    shards_resumed: int
    reused: bool
    failures: tuple[FailureGroup, ...]
    findings: tuple[Finding, ...]
    low_balances: tuple[LowBalanceCount, ...]
    change: "Change | None"
    files: tuple[WrittenFile, ...]
    fingerprint: str
    seconds: float
    max_failed: int
    max_skipped: int | None

    @property
    def exit_code(self) -> ExitCode:
        """Return ACCOUNTS_FAILED if a limit is exceeded or nothing was forecast, else OK."""
        failed = self.too_many or self.forecast_rows == 0
        return ExitCode.ACCOUNTS_FAILED if failed else ExitCode.OK

    @property
    def too_many(self) -> Mapping[Status, int]:
        """Return what ``exceeded`` returns for this run."""
        return exceeded(self.accounts, max_failed=self.max_failed, max_skipped=self.max_skipped)


def exceeded(
    accounts: Mapping[Status, int], *, max_failed: int, max_skipped: int | None = None
) -> Mapping[Status, int]:
    """Return the limits that a run exceeds, by status: it has more accounts of that status than may exit with 0."""
    limits = {Status.FAILED: max_failed, Status.SKIPPED: max_skipped}
    return {status: limit for status, limit in limits.items() if limit is not None and accounts[status] > limit}


@dataclass(frozen=True)
class ForecastPlan:
    """What a run would do (``--dry-run``).

    ``output_why`` says what is wrong with an output in ``output_state``, empty if nothing is. ``holidays`` is as in
    ``ForecastRun``. ``cpu_seconds`` is an estimate from the costs of the models. ``spill_bytes`` is the most bytes on
    disk that sorting the rows by account takes, None if they need no sorting. ``memory_bytes`` is the bound on the
    memory of all processes together (None: unknown), within which each worker handles up to ``at_once`` accounts at a
    time.
    """

    request: ForecastRequest
    input: InputSummary
    accounts: Mapping[Status, int]
    set_aside: tuple[FailureGroup, ...]
    findings: tuple[Finding, ...]
    models: tuple[str, ...]
    holidays: str | None
    shards: int
    jobs: int
    cpu_seconds: float
    output_state: OutputState
    output_why: str
    spill_bytes: int | None
    memory_bytes: int | None
    at_once: int | None


@dataclass(frozen=True)
class Validation:
    """Result of checking an input against the data contract, with a finding for every rule that applies.

    ``refused`` is why a run would refuse its settings for this input, None if it would not.
    """

    input: InputSummary
    accounts: Mapping[Status, int]
    findings: tuple[Finding, ...]
    refused: ConfigError | None

    @property
    def rejected(self) -> bool:
        """Return whether a run would reject the input."""
        return rejects(self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """Return INPUT_REJECTED if a run would reject the input, CONFIG_INVALID if it refuses settings, else OK."""
        if self.rejected:
            return ExitCode.INPUT_REJECTED
        return self.refused.exit_code if self.refused else ExitCode.OK


@dataclass(frozen=True)
class CheckReport:
    """Result of checking an output folder against its manifest and the invariants of the contract."""

    output: Output
    command: str
    files: int
    bytes: int
    accounts: int
    forecast_rows: int
    damages: tuple[Damage, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Return CHECK_FAILED if any damage was found, else OK."""
        return ExitCode.CHECK_FAILED if self.damages else ExitCode.OK
