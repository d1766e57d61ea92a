"""Low-balance rows of a whole run, read one threshold, period and model at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.evaluation.window_index import LowBalancePart, WindowIndex

#: Column with the number of a row's window.
WINDOW: Final = "number of the window"


@dataclass(frozen=True)
class LowBalanceParts:
    """Low-balance rows of the windows of ``index``, in parts: those of one threshold, period and model.

    ``read`` returns columns of a part, with a row for each window of ``index.low_balance``, in their order; ``seed`` is
    that of the bootstrap draws.
    """

    index: WindowIndex
    read: Callable[[LowBalancePart, Sequence[str]], pl.DataFrame]
    seed: int

    def rows(self, columns: Sequence[str]) -> Iterator[tuple[LowBalancePart, pl.DataFrame]]:
        """Yield each part and ``columns`` and ``WINDOW`` of its rows; in order of threshold, period and model."""
        for part, has in self.index.low_balance.items():
            yield part, self.read(part, columns).with_columns(pl.Series(WINDOW, np.flatnonzero(has)))

    def accounts_of(self, rows: pl.DataFrame) -> NDArray[np.int32]:
        """Return the number of each row's account."""
        accounts: NDArray[np.int32] = self.index.accounts[rows[WINDOW].to_numpy()]
        return accounts

    def groups_of(self, rows: pl.DataFrame) -> NDArray[np.int32]:
        """Return the bootstrap group of each row's account."""
        groups: NDArray[np.int32] = self.index.groups[rows[WINDOW].to_numpy()]
        return groups
