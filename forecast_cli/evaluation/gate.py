"""What the gate is told and what it says, as plain values."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import polars as pl

from forecast_cli.evaluation.report import Estimate

RANKED_BY: Final = "scrps"


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Gate:
    """What NEW may do. Tolerances are relative, 0.01 is 1 %; no ``segments`` are all there are.

    ``coverage_level`` in percent; ``coverage_band``, both ends allowed, as shares of days. ``model`` None: the best
    model of each backtest.
    """

    metric: str = RANKED_BY
    tolerance: float = 0.01
    segment_tolerance: float = 0.05
    segments: tuple[str, ...] = ()
    coverage_level: float = 80.0
    coverage_band: tuple[float, float] = (0.75, 0.85)
    model: str | None = None


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
class WindowsCheck:
    """Windows that both models have a score for, and those that only BASE's has: not forecast is no progress."""

    paired: int
    lost: int
    verdict: Verdict


@dataclass(frozen=True)
class ErrorCheck:
    """Mean error over paired windows, of all of them or of one ``segment`` with one ``value``.

    ``change`` is NEW / BASE - 1 with its 95 % interval: failed where all of it lies above ``tolerance``.
    """

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
class CoverageCheck:
    """Share of days inside the intervals of ``level``, over windows with a scale: failed outside ``band``."""

    level: float
    base: Estimate
    new: Estimate
    band: tuple[float, float]
    verdict: Verdict


Check = WindowsCheck | ErrorCheck | CoverageCheck


@dataclass(frozen=True)
class Comparison:
    """BASE and NEW side by side: the models compared, by which metric, and every check, in order."""

    base_model: str
    new_model: str
    metric: str
    accounts: int
    windows: int
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """Return the checks that failed."""
        return tuple(check for check in self.checks if check.verdict is Verdict.FAILED)
