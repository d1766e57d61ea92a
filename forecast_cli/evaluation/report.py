"""The report of a backtest as plain values: the content of ``report.json``, from which other reports are rendered."""

import math
from datetime import date
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from forecast_cli.evaluation.figure import Figure

FORMAT: Final = 2


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Estimate(_Frozen):
    """A mean over windows, with its 95 % interval from a bootstrap over accounts: null where one account is all."""

    value: Figure
    low: Figure
    high: Figure

    @property
    def ends(self) -> tuple[float, float] | None:
        """Return the ends of the interval, None if there is none."""
        return None if math.isnan(self.low) or math.isnan(self.high) else (self.low, self.high)

    @property
    def bounds(self) -> tuple[float, float]:
        """Return the ends of the interval, or the value twice if there is none; verdicts are based on these."""
        return self.ends or (self.value, self.value)

    def negated(self) -> "Estimate":
        """Return the estimate of the figure with its sign reversed."""
        return Estimate(value=-self.value, low=-self.high, high=-self.low)


#: Estimate of a figure that cannot be computed.
NO_ESTIMATE: Final = Estimate(value=math.nan, low=math.nan, high=math.nan)


class Figures(_Frozen):
    """Every metric of a part of the windows, by the names of docs/metrics.md, such as ``scrps`` or ``coverage_80``."""

    metrics: dict[str, Estimate]
    """Null where balances of several currencies have no mean."""

    def of(self, metric: str) -> Estimate:
        """Return a metric by name, NaN if there is none."""
        return self.metrics.get(metric, NO_ESTIMATE)


class ModelScore(Figures):
    """A row of the leaderboard. Scaled errors are in units of the account's own mean move at the scale lag."""

    model: str
    rank: int
    """By mean ``scrps``."""
    accounts: int
    windows: int
    skill: Estimate | None
    """One minus the ratio of sCRPS to that of the seasonal naive of the same backtest; null where there is none."""
    wins: int
    """Accounts this model has the lowest sCRPS of all on."""
    fallbacks: int
    """Windows in which a simpler model took its place."""
    failures: int
    """Windows it has no forecast for."""
    cpu_seconds: Figure
    """CPU seconds an account and window, fit and forecast."""


class StepScore(Figures):
    """Accuracy of one model at one day of the horizon."""

    model: str
    step: int
    accounts: int
    windows: int


class SegmentScore(Figures):
    """Accuracy of one model on one group of windows."""

    segment: str
    value: str
    model: str
    accounts: int
    windows: int
    skill: Estimate | None = None
    """As on the leaderboard, over these windows: both models over the same drawn accounts."""
    excess: Estimate = NO_ESTIMATE
    """Its sCRPS here over its sCRPS of all windows, minus one: both over the same drawn accounts."""


class LowBalanceScore(_Frozen):
    """How good a model's probability is that the low point of the first ``days`` days is under ``threshold``."""

    model: str
    threshold: str
    days: int
    segment: str | None = None
    """Null where it is over all windows."""
    value: str | None = None
    accounts: int
    windows: int
    event_rate: Estimate
    brier: Estimate
    base_brier: Estimate
    """Brier score of the account's own base rate over its training part."""
    skill: Estimate
    """One minus the ratio of the two."""


class ReliabilityBin(_Frozen):
    """Windows whose probability of running low was about the same, and how many of them did."""

    model: str
    threshold: str
    days: int
    predicted: Figure
    observed: Figure
    windows: int


class Budget(_Frozen):
    """What looking into a share of all windows, those of the highest probability, would have caught."""

    share: float
    windows: int
    """The share of all windows, rounded up."""
    probability: Figure
    """The lowest probability among them; of windows that have it, as many count as there is room for."""
    precision: Estimate
    """Share of them that ran low."""
    lift: Estimate
    """Precision over the share of all windows that ran low."""
    recall: Estimate
    """Share of all windows that ran low that are among them."""
    lead: tuple[Figure, Figure, Figure]
    """Days from the cutoff to the first balance under the threshold, of those that ran low: quartiles and median."""


class CrossingDate(_Frozen):
    """How a date of first crossing came true, over the windows that have one."""

    share: float
    """The date is the first by which this share of paths, or more, has crossed."""
    windows: int
    predicted: Estimate
    """Mean share of paths that had crossed by the date."""
    observed: Estimate
    """Share of windows that had."""


class LowBalanceCalibration(_Frozen):
    """How probabilities, and dates, of running low came true, over windows not under the threshold to begin with."""

    model: str
    threshold: str
    days: int
    accounts: int
    windows: int
    already: int
    """Further windows, that were under the threshold on the day of the cutoff."""
    predicted: Estimate
    """Mean probability."""
    observed: Estimate
    """Share of windows that ran low."""
    budgets: tuple[Budget, ...]
    dates: tuple[CrossingDate, ...]


class Fan(_Frozen):
    """One account and window, drawn: what was known, what was forecast, what came."""

    account_id: str
    kind: str
    """Why it is shown: worst, or median."""
    model: str
    cutoff: date
    scrps: Figure
    history_dates: tuple[date, ...]
    history: tuple[float, ...]
    dates: tuple[date, ...]
    y: tuple[float | None, ...]
    median: tuple[float, ...]
    bands: tuple[tuple[float, tuple[float, ...], tuple[float, ...]], ...]
    """Level, low and high, for each band drawn, the widest first."""


class Problem(_Frozen):
    """Accounts or windows that were not forecast as requested, for one reason."""

    status: str
    model: str | None
    model_used: str | None
    error: str
    message: str
    count: int
    examples: tuple[str, ...]


class Absent(_Frozen):
    """Accounts of the scored forecasts that have no rows in the input: they are in no table of a score."""

    accounts: int = 0
    examples: tuple[str, ...] = ()
    """The first few of them."""


#: No account is missing, as in every backtest.
NO_ABSENT: Final = Absent()


class RunFacts(_Frozen):
    """What was run on what."""

    command: str = "backtest"
    """A ``score`` scores finished forecasts instead of forecasts made for the purpose."""
    input: str
    files: int
    rows: int
    accounts: dict[str, int]
    """Accounts by status; they add up to all accounts of the input."""
    absent: Absent = NO_ABSENT
    windows: int
    """Windows forecast, over all accounts."""
    still_windows: int
    """Windows without a scale, because no move at the scale lag is known before them: forecast, but in no mean."""
    compared_windows: int
    """Windows that all models forecast and that have a scale: models are ranked and described over these."""
    compared_accounts: int
    """Accounts that have such a window."""
    currencies: tuple[str, ...]
    """Currencies of these windows: if there are several, figures in units of the balance are given by currency."""
    first_cutoff: date | None
    last_cutoff: date | None
    fingerprint: str
    settings: dict[str, Any]
    versions: dict[str, str]
    finished_at: str
    seconds: float
    cpu_seconds: float

    @property
    def is_score(self) -> bool:
        """Return whether finished forecasts were scored."""
        return self.command == "score"


class Report(_Frozen):
    """Figures of a backtest. ``sentences`` say which model to use, how far to trust it, and where it is weak."""

    format: int = FORMAT
    facts: RunFacts
    levels: tuple[float, ...]
    """Levels that were forecast, those among them that the CRPS is taken from."""
    sentences: tuple[str, ...]
    leaderboard: tuple[ModelScore, ...]
    steps: tuple[StepScore, ...]
    segments: tuple[SegmentScore, ...]
    low_balance: tuple[LowBalanceScore, ...]
    low_balance_segments: tuple[LowBalanceScore, ...]
    reliability: tuple[ReliabilityBin, ...]
    low_balance_calibration: tuple[LowBalanceCalibration, ...]
    fans: tuple[Fan, ...]
    problems: tuple[Problem, ...]
