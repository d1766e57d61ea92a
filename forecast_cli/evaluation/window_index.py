"""Windows of a whole run as numbers, read shard by shard: no table of all accounts and their texts is in memory."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core import columns as c
from forecast_cli.evaluation.bootstrap import hash_groups
from forecast_cli.evaluation.low_balance import GROUP
from forecast_cli.evaluation.rows import CUTOFF, SCALE
from forecast_cli.evaluation.segment import Segment

#: Threshold, days and model of low-balance rows.
LowBalancePart = tuple[str, int, str]

_Part = TypeVar("_Part", str, LowBalancePart)

_NUMBER: Final = "number of the window"
_ACCOUNT: Final = "number of the account"


@dataclass(frozen=True)
class ShardWindows:
    """Rows of one shard, whose accounts come after those of the shards before.

    - ``windows``: window rows, sorted by keys and cutoff.
    - ``figures``: keys, cutoff and model of each window's figures.
    - ``low_balance``: keys, cutoff, threshold, days and model of each low-balance row.
    """

    windows: pl.DataFrame
    figures: pl.DataFrame
    low_balance: pl.DataFrame


@dataclass(frozen=True)
class WindowIndex:
    """The m windows of a run, in the order of keys and cutoff.

    - ``accounts`` [m]: number of each window's account, from 0.
    - ``groups`` [m]: bootstrap group of the account (``bootstrap.hash_groups``).
    - ``moving`` [m]: whether the window has a scale.
    - ``segments``: values of the windows, by name of the segment.
    - ``figures``: for each model, the window of each of its rows of figures, in the order of shards and rows.
    - ``low_balance``: the same for each part of the low-balance rows.
    """

    accounts: NDArray[np.int32]
    groups: NDArray[np.int32]
    moving: NDArray[np.bool_]
    segments: Mapping[str, Segment]
    figures: Mapping[str, NDArray[np.int32]]
    low_balance: Mapping[LowBalancePart, NDArray[np.int32]]

    def __len__(self) -> int:
        return len(self.accounts)


def index_windows(
    shards: Iterable[ShardWindows], keys: Sequence[str], segments: Sequence[str], *, seed: int
) -> WindowIndex:
    """Number the windows of all ``shards``. ``segments`` are text columns of the window rows."""
    numbered = [_index_shard(shard, keys, segments, seed=seed) for shard in shards]
    windows = _starts([len(one) for one in numbered])
    accounts = _starts([int(one.accounts.max(initial=-1)) + 1 for one in numbered])
    return WindowIndex(
        accounts=_join([one.accounts for one in numbered], accounts),
        groups=_join([one.groups for one in numbered]),
        moving=np.concatenate([np.zeros(0, dtype=np.bool_), *(one.moving for one in numbered)]),
        segments={name: Segment.join(name, [one.segments[name] for one in numbered]) for name in segments},
        figures=_join_parts([one.figures for one in numbered], windows),
        low_balance=_join_parts([one.low_balance for one in numbered], windows),
    )


def _index_shard(shard: ShardWindows, keys: Sequence[str], segments: Sequence[str], *, seed: int) -> WindowIndex:
    by = [*keys, CUTOFF]
    windows = shard.windows.select(by).with_row_index(_NUMBER)
    accounts = windows.select(pl.struct(keys).rle_id().alias(_ACCOUNT))[_ACCOUNT]

    def windows_of(rows: pl.DataFrame, part: Sequence[str]) -> dict[tuple[Any, ...], NDArray[np.int32]]:
        numbers = rows.select(*by, *part).join(windows, on=by, how="left", maintain_order="left")
        parts = numbers.select(*part, _NUMBER).partition_by(part, as_dict=True, maintain_order=True)
        return {values: rows[_NUMBER].to_numpy().astype(np.int32) for values, rows in parts.items()}

    return WindowIndex(
        accounts=accounts.to_numpy().astype(np.int32),
        groups=hash_groups(shard.windows, keys, seed=seed).astype(np.int32),
        moving=shard.windows[SCALE].is_not_null().to_numpy(),
        segments={name: Segment.of(shard.windows[name]) for name in segments},
        figures={model: rows for (model,), rows in windows_of(shard.figures, [c.MODEL]).items()},
        low_balance=windows_of(shard.low_balance, GROUP),
    )


def _starts(counts: Sequence[int]) -> list[int]:
    return [0, *np.cumsum(counts).tolist()][: len(counts)]


def _join(arrays: Sequence[NDArray[np.int32]], starts: Sequence[int] | None = None) -> NDArray[np.int32]:
    """Return ``arrays`` one after the other, each counted from its start."""
    moved = arrays if starts is None else [one + np.int32(start) for one, start in zip(arrays, starts, strict=True)]
    return np.concatenate([np.zeros(0, dtype=np.int32), *moved]).astype(np.int32, copy=False)


def _join_parts(
    shards: Sequence[Mapping[_Part, NDArray[np.int32]]], starts: Sequence[int]
) -> dict[_Part, NDArray[np.int32]]:
    """Return the windows of the rows of each part in all shards; a shard need not have rows of every part."""
    parts: dict[_Part, list[NDArray[np.int32]]] = {}
    for shard, start in zip(shards, starts, strict=True):
        for part, windows in shard.items():
            parts.setdefault(part, []).append(windows + np.int32(start))
    return {part: np.concatenate(windows) for part, windows in sorted(parts.items())}
