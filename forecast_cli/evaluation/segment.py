"""A segment: windows grouped by a text column, such as long and short histories or types of accounts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.evaluation.facts import BANDS

#: Segment value of windows whose account has no value in the column of the input.
NO_VALUE: Final = "(none)"


@dataclass(frozen=True)
class Segment:
    """Windows grouped by a column: its ``values``, in order, and ``places`` [m], the index of each window's value."""

    name: str
    values: tuple[str, ...]
    places: NDArray[np.int32]

    @classmethod
    def of(cls, column: pl.Series) -> "Segment":
        """Group windows by a text column; bands keep their own order, other values are sorted alphabetically."""
        texts = column.cast(pl.String).fill_null(NO_VALUE)
        values = _in_order(column.name, texts.unique())
        places = texts.cast(pl.Enum(values)).to_physical().to_numpy()
        return cls(column.name, values, places.astype(np.int32))

    @classmethod
    def join(cls, name: str, parts: Sequence["Segment"]) -> "Segment":
        """Return the windows of all ``parts``, one part after the other."""
        values = _in_order(name, [value for part in parts for value in part.values])
        place_of = {value: place for place, value in enumerate(values)}
        places = [np.array([place_of[value] for value in part.values], dtype=np.int32)[part.places] for part in parts]
        return cls(name, values, np.concatenate([np.zeros(0, dtype=np.int32), *places]))

    def take(self, windows: NDArray[np.integer]) -> "Segment":
        """Return the segment of ``windows`` [rows], indices into its windows; the values stay the same."""
        return replace(self, places=self.places[windows])

    def without_empty(self) -> "Segment":
        """Return the segment without the values that no window has."""
        found, places = np.unique(self.places, return_inverse=True)
        return Segment(self.name, tuple(self.values[place] for place in found.tolist()), places.astype(np.int32))

    def pieces(self, most: int) -> Iterator["Segment"]:
        """Yield the segment with up to ``most`` of its values at a time; other windows have the place after these."""
        for first in range(0, len(self.values), most):
            values = self.values[first : first + most]
            others = (self.places < first) | (self.places >= first + len(values))
            yield Segment(self.name, values, np.where(others, len(values), self.places - first).astype(np.int32))


def _in_order(name: str, values: Iterable[str]) -> tuple[str, ...]:
    present = set(values)
    bands = [band for band in BANDS.get(name, ()) if band in present]
    return (*bands, *sorted(present.difference(bands)))
