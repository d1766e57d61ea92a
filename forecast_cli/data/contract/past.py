"""Past: the balances of some accounts up to the last row of each, and the days on which they have rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.config.choices import Origin
from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import DS, UNIQUE_ID
from forecast_cli.data.contract.numbers import NUMBER, number_keys
from forecast_cli.data.contract.series import build_shard
from forecast_cli.data.panel import Panel, stack_panels
from forecast_cli.data.read_errors import collect
from forecast_cli.data.scan.pieces import scan_pieces
from forecast_cli.data.source import Source

#: Allows gaps of any length, so that none cuts the history.
_ANY_GAP: Final = 100_000
#: Accounts whose series are built together.
_TOGETHER: Final = 1_000


@dataclass(frozen=True)
class Past:
    """``panel``, with each account up to its own last row; ``row`` [r] and ``day`` [r], the days with input rows.

    ``row`` is the row of the panel, ``day`` in days since 1970-01-01, in no order. A day with several input rows occurs
    as often.
    """

    panel: Panel
    row: NDArray[np.int32]
    day: NDArray[np.int32]

    def last_before(self, day: np.datetime64) -> NDArray[np.int64]:
        """Return each account's last day with a row before ``day``, [n], in days since 1970-01-01; -1 if none."""
        last = np.full(len(self.panel), -1, dtype=self.day.dtype)
        earlier = self.day < day.astype(np.int64)
        np.maximum.at(last, self.row[earlier], self.day[earlier])
        return last.astype(np.int64)


def read_past(source: Source, settings: Settings, ids: pl.Series, *, longest: int) -> Past:
    """Read the last ``longest`` days of the accounts ``ids``, without those that cannot be forecast.

    Histories are not cut at gaps, so that what is known of a day never depends on later days. Raises InputRejectedError
    if a file cannot be read.
    """
    own = settings.model_copy(update={"origin": Origin.ACCOUNT, "max_history": longest, "max_gap": _ANY_GAP})
    return _join(_parts(source, own, ids.unique().sort()))


def _parts(source: Source, settings: Settings, ids: pl.Series) -> list[Past]:
    """Return the past of ``ids``, which ascend, in parts of some accounts; all rows are read into memory first."""
    wanted = pl.col(UNIQUE_ID).is_in(ids.implode())
    rows = pl.concat(collect(piece.filter(wanted), source) for piece in scan_pieces(source, settings))
    numbered = number_keys(rows, [UNIQUE_ID])
    part = (ids.search_sorted(numbered.keys[UNIQUE_ID]) // _TOGETHER).gather(numbered.rows[NUMBER])
    return [_past(rows.filter(part == place), settings) for place in range(-(-max(len(ids), 1) // _TOGETHER))]


def _past(rows: pl.DataFrame, settings: Settings) -> Past:
    panel = build_shard(rows, settings, origin=None).panel
    keys = panel.keys().columns
    places = panel.keys().with_columns(
        row=pl.int_range(len(panel), dtype=pl.Int32),
        last=pl.Series(panel.origins),
    )
    numbered = number_keys(rows, keys)
    found = numbered.keys.join(places, on=keys, how="left", maintain_order="left").select("row", "last")
    days = (
        found.select(pl.all().gather(numbered.rows[NUMBER]))
        .with_columns(numbered.rows[DS])
        .filter(pl.col(DS) <= pl.col("last"))
        .select("row", day=pl.col(DS).to_physical())
    )
    return Past(panel, days["row"].to_numpy(), days["day"].to_numpy())


def _join(parts: Sequence[Past]) -> Past:
    """Join parts whose accounts follow each other."""
    first = np.cumsum([0, *(len(part.panel) for part in parts[:-1])], dtype=np.int32)
    rows = [part.row + start for part, start in zip(parts, first, strict=True)]
    panel = stack_panels([part.panel for part in parts])
    return Past(panel, np.concatenate(rows), np.concatenate([part.day for part in parts]))
