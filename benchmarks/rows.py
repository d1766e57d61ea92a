"""Result of a benchmark: a measurement, the one it is compared with, a ratio, and whether the target was met."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Target:
    """Bound of a figure: a maximum if ``at_most``, else a minimum."""

    bound: float
    at_most: bool

    def met_by(self, figure: float) -> bool:
        """Return whether ``figure`` meets the target."""
        return figure <= self.bound if self.at_most else figure >= self.bound

    def loosened(self, margin: float) -> "Target":
        """Return the target with its bound relaxed by ``margin``, a share of it."""
        return Target(self.bound * (1 + margin if self.at_most else 1 - margin), self.at_most)

    def __str__(self) -> str:
        return f"at {'most' if self.at_most else 'least'} {self.bound:,g}"


@dataclass(frozen=True)
class Row:
    """One row of the table; ``ours`` and ``theirs`` are in ``unit``, ``figure`` is compared with the target."""

    measure: str
    against: str
    ours: float
    theirs: float | None
    figure: float
    target: Target
    unit: str = "s"

    @property
    def met(self) -> bool:
        """Return whether the target was met."""
        return self.target.met_by(self.figure)

    def as_json(self) -> dict[str, Any]:
        """Return the row as plain data."""
        return {**asdict(self), "target": str(self.target), "met": self.met}


def at_most(bound: float) -> Target:
    """Return the target that a figure is ``bound`` or less."""
    return Target(bound, at_most=True)


def at_least(bound: float) -> Target:
    """Return the target that a figure is ``bound`` or more."""
    return Target(bound, at_most=False)


def compared(measure: str, against: str, ours: float, theirs: float, target: Target, unit: str = "s") -> Row:
    """Return a row with the ratio of both as its figure: ours over theirs, or the reverse if it has a minimum."""
    return Row(measure, against, ours, theirs, ours / theirs if target.at_most else theirs / ours, target, unit)


def print_rows(rows: Sequence[Row]) -> None:
    """Print rows as a table."""
    wide, other = max(len(row.measure) for row in rows), max(len(row.against) for row in rows)
    print(f"{'measure':<{wide}}  {'against':<{other}}  {'ours':>11}  {'theirs':>11}  {'figure':>9}  target")
    for row in rows:
        print(
            f"{row.measure:<{wide}}  {row.against:<{other}}  {_amount(row.ours, row.unit):>11}  "
            f"{_amount(row.theirs, row.unit):>11}  {_short(row.figure):>9}  {row.target}: "
            f"{'met' if row.met else 'MISSED'}"
        )


def _amount(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{_short(value)} {unit}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
