"""Arrays with one row for each of n things, which are taken and joined together."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class RowArrays:
    """Base of dataclasses whose fields are arrays [n, ...] about the same n rows."""

    def take(self, rows: slice | NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """Return some of the rows, by their indices, by a mask or as a slice."""
        return type(self)(*(getattr(self, one.name)[rows] for one in fields(self)))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the rows of all ``parts``, in their order."""
        return cls(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)))
