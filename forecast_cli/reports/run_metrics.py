"""``metrics.json``: metrics of a finished run for monitoring, as plain values. No account is named."""

from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.evaluation.figure import Figure

FORMAT: Final = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Freshness(_Frozen):
    """Age of the input; days are in ISO 8601, null if there is none."""

    finished_at: str
    origin: str | None
    newest_row: str | None
    newest_row_age_days: int | None


class Volume(_Frozen):
    """Size of the input, and number of forecast rows. ``files`` does not count ``quarantined_files``."""

    files: int
    bytes: int
    rows: int
    accounts: int
    forecast_rows: int
    quarantined_files: int = 0


class NotAsAsked(_Frozen):
    """Number of accounts that share an outcome other than OK for one model and reason."""

    status: str
    reason: str
    model: str | None
    model_used: str | None
    accounts: int


class ModelUse(_Frozen):
    """Number of accounts that ``model`` was asked to forecast and ``model_used`` forecast."""

    model: str
    model_used: str
    accounts: int


class LowBalance(_Frozen):
    """Accounts likely to fall below a threshold within ``days``, by the forecast of the first model.

    ``accounts`` have a forecast and a threshold; for ``likely`` of them the probability is 50 % or more.
    """

    threshold: str
    days: int
    accounts: int
    likely: int


class Sanity(_Frozen):
    """Counts of invalid forecast rows: anything but 0 is a bug."""

    not_finite: int
    crossed: int


class Cost(_Frozen):
    """CPU seconds of all shards, without what the run does before and after, and wall seconds of the run as a whole.

    ``blocks_done_one_by_one``: blocks of accounts in which a model raised an error, so that they were forecast one
    account at a time, which is slower.
    """

    cpu_seconds: float
    wall_seconds: float
    shards: int
    blocks_done_one_by_one: int = 0


class Score(_Frozen):
    """A metric of a model over all windows of a backtest or score; docs/metrics.md explains the names."""

    model: str
    metric: str
    value: Figure


class LowBalanceOutcome(_Frozen):
    """How often balances fell below a threshold within ``days``, and how often that was said, over ``windows``.

    Only windows whose balance was not under it at the cutoff count.
    """

    model: str
    threshold: str
    days: int
    windows: int
    predicted: Figure
    observed: Figure


class PreviousRun(_Frozen):
    """The earlier run that this one is compared with."""

    output: str
    fingerprint: str
    finished_at: str
    origin: str | None


class StatusChange(_Frozen):
    """Number of accounts that share a change of status; ``absent`` is the status in a run that does not have them."""

    old: str
    new: str
    accounts: int


class MedianMoves(_Frozen):
    """Changes of the first model's medians on the last day that both runs forecast, in units of the balance.

    ``outside_interval`` is the share of accounts whose new median lies outside the earlier ``level`` percent interval.
    ``mean``, ``p95`` and ``largest`` are None for several currencies.
    """

    day: str | None
    compared: int
    moved: int
    mean: Figure
    p95: Figure
    largest: Figure
    level: float | None
    outside_interval: Figure


class RiskMoves(_Frozen):
    """Changes of ``prob_below`` for the longest window that both runs have, by the first model."""

    threshold: str
    days: int
    compared: int
    mean: Figure
    largest: Figure
    newly_likely: int
    no_longer_likely: int


class Change(_Frozen):
    """Differences from an earlier run, for the same accounts and days.

    ``made_from`` lists the settings and versions that differ, such as ``horizon 30 -> 60``.
    """

    previous: PreviousRun
    made_from: tuple[str, ...] = ()
    statuses: tuple[StatusChange, ...]
    medians: MedianMoves
    risk: tuple[RiskMoves, ...]


class RunMetrics(_Frozen):
    """All metrics of a run.

    Only a forecast has ``models``, ``low_balances`` and ``change``; only a backtest or score has ``scores`` and
    ``outcomes``.
    """

    format: int = FORMAT
    command: str
    freshness: Freshness
    volume: Volume
    accounts: dict[str, int]
    flags: dict[str, int] = {}
    """Number of accounts by flag; empty in a file of an earlier version."""
    absent_accounts: int = 0
    """Accounts of the scored forecasts that have no rows in the input."""
    fallback_ratio: float
    not_as_asked: tuple[NotAsAsked, ...]
    models: tuple[ModelUse, ...]
    low_balances: tuple[LowBalance, ...]
    sanity: Sanity
    scores: tuple[Score, ...]
    outcomes: tuple[LowBalanceOutcome, ...] = ()
    """Low balances, predicted and observed; empty in a file of an earlier version."""
    change: Change | None
    """Null where no earlier run was named or found."""
    cost: Cost


def render_run_metrics(metrics: RunMetrics) -> str:
    """Return the metrics as JSON; an unknown figure is null."""
    return metrics.model_dump_json(indent=1) + "\n"


def parse_run_metrics(content: bytes, *, where: str) -> RunMetrics:
    """Return what ``render_run_metrics`` wrote; raise CheckFailedError if it is damaged or of another format."""
    try:
        return RunMetrics.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise CheckFailedError(f"{where}: {place}: {first['msg']}", "run the command again with --force") from None
