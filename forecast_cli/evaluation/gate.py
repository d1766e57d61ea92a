"""What the gate is told and what it says, as plain values."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from forecast_cli.evaluation.leaderboard import RANKED_BY
from forecast_cli.evaluation.report import Estimate


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Gate:
    """What NEW may do. Tolerances are relative, 0.01 is 1 %; no ``segments`` are all there are.

    ``coverage_level`` in percent; ``coverage_band``, both ends allowed, as shares of days. ``tail_ratio`` is how many
    times BASE's error is far more than it; ``tail_tolerance`` a share of windows. No ``models`` are all that both
    backtests have, and the best of each.
    """

    metric: str = RANKED_BY
    tolerance: float = 0.01
    segment_tolerance: float = 0.05
    segments: tuple[str, ...] = ()
    coverage_level: float = 80.0
    coverage_band: tuple[float, float] = (0.75, 0.85)
    tail_ratio: float = 2.0
    tail_tolerance: float = 0.01
    models: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scores:
    """One backtest's ``scores`` and ``windows`` (columns of ``evaluation.rows``); ``keys`` tell the accounts apart.

    ``name`` is how the user calls it.
    """

    name: str
    scores: pl.DataFrame
    windows: pl.DataFrame
    keys: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A model of BASE and the model of NEW it is compared with."""

    base: str
    new: str


@dataclass(frozen=True)
class WindowsCheck:
    """Windows that both models have a score for, and those that only BASE's has: not forecast is no progress."""

    pair: Pair
    paired: int
    lost: int
    verdict: Verdict


@dataclass(frozen=True)
class ErrorCheck:
    """Mean error over paired windows, of all of them or of one ``segment`` with one ``value``.

    ``change`` is NEW / BASE - 1 with its 95 % interval: failed where all of it lies above ``tolerance``.
    """

    pair: Pair
    segment: str | None
    value: str | None
    accounts: int
    windows: int
    base: float
    new: float
    change: Estimate
    tolerance: float
    verdict: Verdict


@dataclass(frozen=True)
class TailCheck:
    """Windows whose error grew to more than ``ratio`` times BASE's, and those that BASE's is as far above: shares.

    ``excess`` is the first less the second, with its 95 % interval: failed where it is above ``tolerance`` and all of
    the interval above zero. A few accounts that explode hardly move a mean; here they count.
    """

    pair: Pair
    ratio: float
    grew: float
    shrank: float
    excess: Estimate
    tolerance: float
    verdict: Verdict


@dataclass(frozen=True)
class CoverageCheck:
    """Share of days inside the intervals of ``level``, over windows with a scale.

    Failed where all of NEW's 95 % interval lies outside ``band``, unless all of BASE's did (``base_outside``): then
    where NEW is further away, by the interval of the paired difference.
    """

    pair: Pair
    level: float
    base: Estimate
    new: Estimate
    band: tuple[float, float]
    base_outside: bool
    verdict: Verdict


Check = WindowsCheck | ErrorCheck | TailCheck | CoverageCheck


@dataclass(frozen=True)
class Comparison:
    """BASE and NEW side by side: the models compared, by which metric, and every check, pair after pair.

    ``base_only`` and ``new_only`` are models that only one of them has. ``accounts`` and ``windows`` are those the
    first pair has in common. ``made_from`` says which settings and versions differ: ``seed 0 -> 1``.
    """

    pairs: tuple[Pair, ...]
    base_only: tuple[str, ...]
    new_only: tuple[str, ...]
    metric: str
    accounts: int
    windows: int
    checks: tuple[Check, ...]
    made_from: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """Return the checks that failed."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAILED)
