"""Windows of a whole run as numbers, read shard by shard: no table of all accounts and their texts is in memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import hash_groups
from forecast_cli.evaluation.low_balance import BASE_RATE, EVENT, GROUP
from forecast_cli.evaluation.rows import CUTOFF, SCALE
from forecast_cli.evaluation.segment import Segment

#: Threshold, days and model of low-balance rows.
LowBalancePart = tuple[str, int, str]
_Part = TypeVar("_Part", str, LowBalancePart)
_Item = TypeVar("_Item", bound=np.generic)
#: Column with the number of a row's window.
WINDOW: Final = "number of the window"


@dataclass(frozen=True)
class ShardRows:
    """Rows of one shard, whose accounts come after those of the shards before.

    - ``windows``: window rows, sorted by keys and cutoff.
    - ``figures``: keys, cutoff and model of each window's figures, those of each model in the order of windows.
    - ``low_balance``: keys, cutoff, threshold, days, model, base rate and event of each low-balance row; those of each
      threshold, period and model in the order of windows.
    """

    windows: pl.DataFrame
    figures: pl.DataFrame
    low_balance: pl.DataFrame


@dataclass(frozen=True)
class WindowIndex:
    """The n windows of a run, in the order of keys and cutoff; each array is [n].

    - ``accounts``: number of each window's account, from 0.
    - ``groups``: bootstrap group of the account (``bootstrap.hash_groups``).
    - ``moving``: whether the window has a scale.
    - ``segments``: values of the windows, by name of the segment.
    - ``figures``: for each model, whether it has figures of the window; models are sorted.
    - ``low_balance``: for each part of the low-balance rows, whether it has a row of the window; parts are sorted.
    - ``judged``: whether any of the window's low-balance rows has a base rate and a known event.
    """

    accounts: NDArray[np.int32]
    groups: NDArray[np.int32]
    moving: NDArray[np.bool_]
    segments: Mapping[str, Segment]
    figures: Mapping[str, NDArray[np.bool_]]
    low_balance: Mapping[LowBalancePart, NDArray[np.bool_]]
    judged: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.accounts)


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


def index_windows(
    shards: Iterable[ShardRows], keys: Sequence[str], segments: Sequence[str], *, seed: int
) -> WindowIndex:
    """Number the windows of all ``shards``. ``segments`` are text columns of the window rows.

    Raises ValueError if rows of figures or low balances are not in the order of windows.
    """
    parts = [_index_shard(shard, keys, segments, seed=seed) for shard in shards]
    counts = [int(part.accounts.max(initial=-1)) + 1 for part in parts]
    before = np.cumsum([0, *counts], dtype=np.int32)[: len(parts)]
    return WindowIndex(
        accounts=_chain([part.accounts + start for part, start in zip(parts, before, strict=True)], np.int32),
        groups=_chain([part.groups for part in parts], np.int32),
        moving=_chain([part.moving for part in parts], np.bool_),
        segments={name: Segment.join(name, [part.segments[name] for part in parts]) for name in segments},
        figures=_join([(len(part), part.figures) for part in parts]),
        low_balance=_join([(len(part), part.low_balance) for part in parts]),
        judged=_chain([part.judged for part in parts], np.bool_),
    )


def _index_shard(shard: ShardRows, keys: Sequence[str], segments: Sequence[str], *, seed: int) -> WindowIndex:
    by = [*keys, CUTOFF]
    accounts = shard.windows.select(pl.struct(keys).rle_id()).to_series()
    judged = shard.low_balance.drop_nulls([BASE_RATE, EVENT])
    return WindowIndex(
        accounts=accounts.to_numpy().astype(np.int32),
        groups=hash_groups(shard.windows, keys, seed=seed).astype(np.int32),
        moving=shard.windows[SCALE].is_not_null().to_numpy(),
        segments={name: Segment.of(shard.windows[name]) for name in segments},
        figures={model: has for (model,), has in _find_rows(shard.windows, shard.figures, by, [c.MODEL]).items()},
        low_balance=_find_rows(shard.windows, shard.low_balance, by, GROUP),
        judged=_has_row(shard.windows, judged, by),
    )


def _find_rows(
    windows: pl.DataFrame, rows: pl.DataFrame, by: Sequence[str], part: Sequence[str]
) -> dict[tuple[Any, ...], NDArray[np.bool_]]:
    """Return for each part of ``rows`` whether it has a row of each window."""
    found = {}
    for values, own in rows.partition_by(part, as_dict=True, maintain_order=True).items():
        found[values] = has = _has_row(windows, own, by)
        if not own.select(by).equals(windows.filter(has).select(by)):
            raise ValueError(f"rows of {values} are not one for each window, in the order of windows")
    return found


def _has_row(windows: pl.DataFrame, rows: pl.DataFrame, by: Sequence[str]) -> NDArray[np.bool_]:
    """Return whether ``rows`` have one of each window."""
    keys = {name: f"key {place}" for place, name in enumerate(by)}  # a user's column may be called anything
    numbered, wanted = (frame.select(by).rename(keys) for frame in (windows, rows))
    found = numbered.with_row_index("window").join(wanted, on=list(keys.values()), how="semi", nulls_equal=True)
    has = np.zeros(windows.height, dtype=np.bool_)
    has[found["window"].to_numpy()] = True
    return has


def _join(shards: Sequence[tuple[int, Mapping[_Part, NDArray[np.bool_]]]]) -> dict[_Part, NDArray[np.bool_]]:
    """Return whether each part has a row of each window of all shards; a shard need not have rows of every part."""
    parts = sorted({part for _, found in shards for part in found})
    return {part: _chain([found.get(part, np.zeros(n)) for n, found in shards], np.bool_) for part in parts}


def _chain(arrays: Sequence[NDArray[Any]], dtype: type[_Item]) -> NDArray[_Item]:
    return np.concatenate([np.zeros(0), *arrays], dtype=dtype, casting="unsafe")
