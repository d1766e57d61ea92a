"""What the workflows take and give: plain frozen values, which the command line renders."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from forecast_cli.config.settings import Settings
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.core.ledger import Status
from forecast_cli.data.files.addresses import Output
from forecast_cli.data.findings import Finding, rejects


@dataclass(frozen=True)
class ForecastRequest:
    """One forecast run: read ``input`` (a file, folder, glob or URI), write ``output``, a folder or an address.

    ``force`` redoes a finished run, and replaces a run of other input or settings. ``previous`` is an earlier run, or
    the folder such runs lie in, that ``metrics.json`` says the change against.
    """

    input: str
    output: Output
    settings: Settings
    force: bool = False
    previous: Output | None = None


@dataclass(frozen=True)
class FailureGroup:
    """Accounts that did not go as asked for one reason: a model (None where no model was reached), and how many."""

    status: Status
    model: str | None
    model_used: str | None
    error: str
    message: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class LowBalanceCount:
    """How many accounts are likely to run low under one threshold: at least half of the first model's paths do.

    ``accounts`` have a forecast and a threshold; ``likely`` are how many of them do within each of ``windows`` days.
    """

    threshold: str
    accounts: int
    windows: tuple[int, ...]
    likely: tuple[int, ...]


@dataclass(frozen=True)
class WrittenFile:
    """A file, or a folder of part files, of a run's output, relative to it."""

    path: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class InputSummary:
    """What was read: rows before repair, accounts, and the day forecasts start from (None: each account's own)."""

    root: str
    files: int
    bytes: int
    rows: int
    accounts: int
    origin: date | None
    verified: str


@dataclass(frozen=True)
class ForecastRun:
    """A finished run. ``accounts`` counts them by status and adds up to ``input.accounts``, always.

    ``reused`` says that the output held this very run already and was left alone; ``shards_resumed`` how many of
    ``shards`` a run that was cut off had already committed. ``holidays`` is the calendar that moves payments, None
    where no model looks for them. ``seconds`` is wall time.
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
    files: tuple[WrittenFile, ...]
    fingerprint: str
    seconds: float
    max_failed: int

    @property
    def exit_code(self) -> ExitCode:
        """Return ACCOUNTS_FAILED where more accounts failed than were allowed to, or none was forecast at all."""
        failed = self.accounts[Status.FAILED] > self.max_failed or self.forecast_rows == 0
        return ExitCode.ACCOUNTS_FAILED if failed else ExitCode.OK


@dataclass(frozen=True)
class ForecastPlan:
    """What a run would do, without doing it (``--dry-run``). ``cpu_seconds`` is an estimate from the models' costs.

    ``spill_bytes`` is what putting the rows in order takes on disk at most, None where they lie in order.
    ``memory_bytes`` is the bound on all processes together (None: not known), for which each works on up to ``at_once``
    accounts at a time.
    """

    request: ForecastRequest
    input: InputSummary
    accounts: Mapping[Status, int]
    set_aside: tuple[FailureGroup, ...]
    findings: tuple[Finding, ...]
    models: tuple[str, ...]
    shards: int
    jobs: int
    cpu_seconds: float
    output_state: str
    spill_bytes: int | None = None
    memory_bytes: int | None = None
    at_once: int | None = None


@dataclass(frozen=True)
class Validation:
    """The data contract against one input: every rule met. Exit 4 where a run would be rejected."""

    input: InputSummary
    accounts: Mapping[Status, int]
    findings: tuple[Finding, ...]

    @property
    def rejected(self) -> bool:
        """Say whether a run would be rejected."""
        return rejects(self.findings)

    @property
    def exit_code(self) -> ExitCode:
        """Return INPUT_REJECTED where a run would be rejected."""
        return ExitCode.INPUT_REJECTED if self.rejected else ExitCode.OK


@dataclass(frozen=True)
class Damage:
    """One thing that is wrong with an output folder."""

    path: str
    problem: str


@dataclass(frozen=True)
class CheckReport:
    """An output folder checked against its manifest and the contract's invariants. Exit 6 where it is damaged."""

    output: Output
    command: str
    files: int
    bytes: int
    accounts: int
    forecast_rows: int
    damages: tuple[Damage, ...] = ()

    @property
    def exit_code(self) -> ExitCode:
        """Return CHECK_FAILED where anything is wrong."""
        return ExitCode.CHECK_FAILED if self.damages else ExitCode.OK
