"""Arrays with one row for each of m windows, which are taken and joined together."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PerWindow:
    """Base of dataclasses whose fields are arrays [m, ...] about the same m windows."""

    def take(self, some: NDArray[np.int64] | NDArray[np.bool_]) -> Self:
        """Return some of the windows, by their indices or by a mask."""
        return type(self)(*(getattr(self, one.name)[some] for one in fields(self)))

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the windows of all ``parts``, in their order."""
        return cls(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)))
