"""``metrics.json``: what a monitor should know of a finished run, as plain values. It names no account."""

from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.evaluation.figure import Figure

FORMAT: Final = 1


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Freshness(_Frozen):
    """How old what was forecast from is; days in ISO 8601, null where there is none."""

    finished_at: str
    origin: str | None
    newest_row: str | None
    newest_row_age_days: int | None


class Volume(_Frozen):
    """How much went in, and how many rows of forecasts came out."""

    files: int
    bytes: int
    rows: int
    accounts: int
    forecast_rows: int


class NotAsAsked(_Frozen):
    """Accounts that did not go as a model was asked to, and why."""

    status: str
    reason: str
    model: str | None
    model_used: str | None
    accounts: int


class ModelUse(_Frozen):
    """Accounts that ``model`` was asked to forecast and ``model_used`` did."""

    model: str
    model_used: str
    accounts: int


class LowBalance(_Frozen):
    """Accounts with a probability of 50 % or more to be under a threshold within ``days``, by the first model."""

    threshold: str
    days: int
    accounts: int
    likely: int


class Sanity(_Frozen):
    """Rows of the forecasts that must not be: each of these is 0, or a bug."""

    not_finite: int
    crossed: int


class Cost(_Frozen):
    """Seconds of processors over all shards, and from start to end of the run that finished them.

    ``blocks_done_one_by_one``: blocks of accounts over which a model raised, done one account at a time: 0, or slower.
    """

    cpu_seconds: float
    wall_seconds: float
    shards: int
    blocks_done_one_by_one: int = 0


class Score(_Frozen):
    """A metric of a model over all windows of a backtest, by its name in docs/metrics.md."""

    model: str
    metric: str
    value: Figure


class PreviousRun(_Frozen):
    """The run that this one is compared with."""

    output: str
    fingerprint: str
    finished_at: str
    origin: str | None


class StatusChange(_Frozen):
    """Accounts whose status is another than it was; ``absent`` where only one run has them."""

    old: str
    new: str
    accounts: int


class MedianMoves(_Frozen):
    """How far medians of the first model moved for one day, the last that both runs forecast, in units of the balance.

    ``outside_interval`` is the share of accounts whose median now lies outside of what was the ``level`` percent
    interval.
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
    """How far ``prob_below`` moved for the longest window that both runs have, by the first model."""

    threshold: str
    days: int
    compared: int
    mean: Figure
    largest: Figure
    newly_likely: int
    no_longer_likely: int


class Change(_Frozen):
    """What is other than in an earlier run for the same accounts and days.

    ``made_from`` says which settings and versions are: ``horizon 30 -> 60``.
    """

    previous: PreviousRun
    made_from: tuple[str, ...] = ()
    statuses: tuple[StatusChange, ...]
    medians: MedianMoves
    risk: tuple[RiskMoves, ...]


class RunMetrics(_Frozen):
    """All of it. ``models``, ``low_balances`` and ``change`` are a forecast's, ``scores`` a backtest's."""

    format: int = FORMAT
    command: str
    freshness: Freshness
    volume: Volume
    accounts: dict[str, int]
    fallback_ratio: float
    not_as_asked: tuple[NotAsAsked, ...]
    models: tuple[ModelUse, ...]
    low_balances: tuple[LowBalance, ...]
    sanity: Sanity
    scores: tuple[Score, ...]
    change: Change | None
    """Null where no earlier run was named or found."""
    cost: Cost


def render_run_metrics(metrics: RunMetrics) -> str:
    """Return the metrics as JSON; a figure that could not be had is null."""
    return metrics.model_dump_json(indent=1) + "\n"


def parse_run_metrics(content: bytes, *, where: str) -> RunMetrics:
    """Return what ``render_run_metrics`` wrote; raises CheckFailedError where it is damaged or of another format."""
    try:
        return RunMetrics.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise CheckFailedError(f"{where}: {place}: {first['msg']}", "run the command again with --force") from None
