"""Settings and results of the gate, as plain values."""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from forecast_cli.evaluation.leaderboard import RANKED_BY
from forecast_cli.evaluation.report import Estimate


class Verdict(StrEnum):
    """Result of a check."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Gate:
    """Settings of the gate: what NEW may do without failing.

    - ``tolerance``, ``segment_tolerance``: tolerated relative growth of the error; 0.01 is 1 %.
    - ``segments``: segments to check; empty for all.
    - ``coverage_level``: in percent; ``coverage_band``: allowed shares of days, both ends included.
    - ``tail_ratio``: a window counts in the tail if its error is more than this many times the other side's.
    - ``tail_tolerance``: tolerated excess of such windows, as a share of windows.
    - ``models``: models to compare; empty for all that both backtests have, and the best of each.
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
    """The ``scores`` and ``windows`` of one backtest (columns of ``evaluation.rows``).

    ``keys`` are the columns that identify an account. ``name`` is the user's name for the backtest. ``metrics`` are all
    that it has; ``scores`` holds those that a gate needs (``needed_metrics``).
    """

    name: str
    scores: pl.DataFrame
    windows: pl.DataFrame
    keys: tuple[str, ...]
    metrics: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """A model of BASE and the model of NEW it is compared with."""

    base: str
    new: str


@dataclass(frozen=True)
class WindowsCheck:
    """Windows with a score of both models, and windows with one of BASE alone: a lost forecast is no progress."""

    pair: Pair
    paired: int
    lost: int
    verdict: Verdict


@dataclass(frozen=True)
class ErrorCheck:
    """Mean error over paired windows: all of them, or those of one ``value`` of a ``segment``.

    ``change`` is NEW / BASE - 1 with its 95 % interval. The check fails if the whole interval lies above ``tolerance``.
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
    """Shares of windows whose error is over ``ratio`` times BASE's, and of windows where the reverse holds.

    ``excess`` is ``grew`` - ``shrank`` with its 95 % interval. The check fails if it is above ``tolerance`` and the
    whole interval is above zero. A few accounts that explode hardly move a mean; here they count.
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

    The check fails if NEW's whole 95 % interval lies outside ``band``. If BASE's did as well (``base_outside``), it
    fails only if NEW is further away, by the interval of the paired difference. It also fails if NEW has no coverage.
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
    """Result of the comparison of BASE and NEW: the pairs of models, the metric, and every check, pair by pair.

    ``base_only`` and ``new_only`` are models that only one of them has. ``accounts`` and ``windows`` count what the
    first pair has in common. ``made_from`` lists the settings and versions that differ: ``seed 0 -> 1``.
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
