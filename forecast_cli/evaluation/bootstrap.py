"""Bootstrap intervals of means over windows, from accounts drawn with replacement.

The windows of one account are alike, so accounts are drawn and not windows (cluster bootstrap; Davison and Hinkley
1997, Bootstrap Methods and their Application, section 3.8). The interval runs from the 2.5th to the 97.5th percentile
of the draws (Efron and Tibshirani 1993, An Introduction to the Bootstrap, section 13.3).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecast_cli.core.hashes import hash_each
from forecast_cli.evaluation.report import Estimate
from forecast_cli.evaluation.rows import VALUE

SAMPLES: Final = 1_000
#: Largest number of groups. More accounts are assigned to this many groups at random and groups are drawn: as accurate,
#: and of bounded cost.
MAX_GROUPS: Final = 20_000
#: Number of groups for figures by day and by segment, whatever the number of accounts.
HASHED_GROUPS: Final = 200
_TAIL_PROBABILITIES: Final = (0.025, 0.975)
#: Number of account counts in memory at a time: 8 MB.
_CHUNK_CELLS: Final = 1_000_000


@dataclass(frozen=True)
class Resampled:
    """Totals of k columns over all windows, ``totals`` [k], and over each bootstrap sample, ``draws`` [k, samples]."""

    totals: NDArray[np.float64]
    draws: NDArray[np.float64]

    def ratio(self, numerator: tuple[int, ...], denominator: tuple[int, ...]) -> Estimate:
        """Return the product of totals ``numerator`` over that of totals ``denominator``; NaN if that is zero."""
        with np.errstate(divide="ignore", invalid="ignore"):
            divisor = np.prod(self.totals[list(denominator)])
            value = np.prod(self.totals[list(numerator)]) / divisor if divisor else np.nan
            drawn = np.prod(self.draws[list(numerator)], axis=0) / np.prod(self.draws[list(denominator)], axis=0)
        return estimates(np.array([value]), drawn[None, :])[0]


def estimates(values: NDArray[np.float64], draws: NDArray[np.float64]) -> list[Estimate]:
    """Return ``values`` [k], each with the interval of its finite ``draws`` [k, samples]; other draws are ignored.

    If no draw is finite, the interval is NaN.
    """
    finite = np.isfinite(draws)
    complete = finite.all(axis=1)
    ends = np.full((len(values), 2), np.nan)
    ends[complete] = np.quantile(draws[complete], _TAIL_PROBABILITIES, axis=1, overwrite_input=True).T
    for row in np.flatnonzero(~complete & finite.any(axis=1)):
        ends[row] = np.quantile(draws[row, finite[row]], _TAIL_PROBABILITIES)
    # The sums of the draws are rounded differently from the total: without this, equal accounts could give an interval
    # that does not contain the value.
    low, high = np.minimum(ends[:, 0], values), np.maximum(ends[:, 1], values)
    rows = zip(values.tolist(), low.tolist(), high.tolist(), strict=True)
    return [Estimate(value=value, low=low, high=high) for value, low, high in rows]


def resample_totals(
    values: NDArray[np.float64], accounts: NDArray[np.int64], *, samples: int = SAMPLES, seed: int = 0
) -> Resampled:
    """Draw accounts with replacement and add up ``values`` [m windows, k columns] over them.

    ``accounts`` [m] holds an integer for the account of each row. All columns use the same draws, so ratios and
    differences of columns are paired. The same rows in the same order give the same bits on any number of cores.
    """
    groups = assign_groups(accounts, seed)
    cells = GroupCells.of(groups, int(groups.max(initial=-1)) + 1)
    [(sums,)] = sum_cells(values.T, [cells])
    return draw_totals(sums, samples=samples, seed=seed)


@dataclass(frozen=True)
class GroupCells:
    """The cell of each of m windows, [m], in which it is added up: that of its part and its group."""

    numbers: NDArray[np.int64]
    parts: int
    groups: int

    @classmethod
    def of(
        cls, groups: NDArray[np.integer], n: int, *, places: NDArray[np.integer] | None = None, parts: int = 1
    ) -> "GroupCells":
        """Return the cells of ``groups`` [m], 0 to n - 1, and ``places`` [m], 0 to parts - 1; without, of one part."""
        numbers = groups.astype(np.int64) if places is None else places.astype(np.int64) * n + groups
        return cls(numbers, parts, n)

    def sums(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums of ``column`` [m], added in the order of the windows: [parts, groups]."""
        sums = np.bincount(self.numbers, weights=column, minlength=self.parts * self.groups)
        return sums.astype(np.float64, copy=False).reshape(self.parts, self.groups)


def sum_cells(columns: Iterable[NDArray[np.float64]], cells: Sequence[GroupCells]) -> list[NDArray[np.float64]]:
    """Return the sums of k ``columns`` [m] in each of ``cells``: [parts, groups, k]. Each column is read once."""
    sums: list[list[NDArray[np.float64]]] = [[] for _ in cells]
    for column in columns:
        for of_cells, one in zip(sums, cells, strict=True):
            of_cells.append(one.sums(column))
    return [np.stack(of_cells, axis=-1) for of_cells in sums]


def count_distinct(places: NDArray[np.integer], codes: NDArray[np.integer], n: int) -> NDArray[np.int64]:
    """Count the distinct ``codes`` [rows] in each of n ``places`` [rows]."""
    order = np.lexsort((codes, places))
    place, code = places[order], codes[order]
    first = np.ones(len(place), dtype=bool)
    first[1:] = (place[1:] != place[:-1]) | (code[1:] != code[:-1])
    return np.bincount(place[first], minlength=n)[:n]


def draw_totals(sums: NDArray[np.float64], *, samples: int = SAMPLES, seed: int = 0) -> Resampled:
    """Draw n of n groups with replacement and add up their ``sums`` [n, k].

    With a single group every draw would be the same and the interval would have no width, so the draws are NaN.
    """
    n = len(sums)
    draws = np.full((sums.shape[1], samples), np.nan)
    if n == 1:
        return Resampled(sums.sum(axis=0), draws)
    start = 0
    for counts in _iterate_counts(n, samples, seed):
        stop = start + len(counts)
        # Not a matrix product: BLAS adds in an order that depends on its number of threads.
        draws[:, start:stop] = np.einsum("sn,nk->sk", counts, sums, optimize=False).T
        start = stop
    return Resampled(sums.sum(axis=0), draws)


def draw_part_totals(
    sums: NDArray[np.float64], *, seed: int, drawn_from: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw the groups of ``sums`` [parts, groups, k], the same groups for all parts, and return totals and draws.

    The last column counts the windows. Totals are [parts, k] and draws [parts, k, samples]. Groups are ``drawn_from``
    those given, [groups]; by default from those with windows in any part. The draws of a part are NaN if all its
    windows belong to one group.
    """
    sums = sums[:, sums[:, :, -1].any(axis=0) if drawn_from is None else drawn_from]
    parts, n, k = sums.shape
    drawn = draw_totals(np.moveaxis(sums, 0, 1).reshape(n, parts * k), seed=seed)
    draws = drawn.draws.reshape(parts, k, SAMPLES)
    draws[np.count_nonzero(sums[:, :, -1], axis=1) < 2] = np.nan
    return drawn.totals.reshape(parts, k), draws


def bootstrap_means(
    values: NDArray[np.float64], accounts: NDArray[np.int64], *, samples: int = SAMPLES, seed: int = 0
) -> Estimate:
    """Return the mean of ``values`` [m windows] and its 95 % interval, NaN if there is no window."""
    columns = np.column_stack([values, np.ones(len(values))])
    return resample_totals(columns, accounts, samples=samples, seed=seed).ratio((0,), (1,))


def bootstrap_ratios(
    new: NDArray[np.float64], base: NDArray[np.float64], accounts: NDArray[np.int64], *, seed: int = 0
) -> Estimate:
    """Return mean(new) / mean(base) over the same windows [m] and its interval; both use the same draws."""
    return resample_totals(np.column_stack([new, base]), accounts, seed=seed).ratio((0,), (1,))


def account_codes(frame: pl.DataFrame, keys: Sequence[str]) -> NDArray[np.int64]:
    """Return an integer for the account of each row, [rows]: its rank among the frame's accounts, from 0."""
    ranks = frame.select(keys).unique().sort(*keys).with_row_index(VALUE)
    ranked = frame.select(keys).join(ranks, on=list(keys), how="left", maintain_order="left")
    return ranked[VALUE].cast(pl.Int64).to_numpy()


def hash_groups(frame: pl.DataFrame, keys: Sequence[str], *, seed: int) -> NDArray[np.int64]:
    """Return the group of each row's account, [rows], 0 to ``HASHED_GROUPS`` - 1: a hash of its key and the seed.

    The group depends on the account alone, so sums by group can be computed by shard and then added up.
    """
    accounts = frame.select(keys).unique(maintain_order=True)
    texts = accounts.select(pl.concat_str(pl.lit(str(seed)), *keys, separator="\x1f").alias("text"))["text"]
    groups = (hash_each(text.encode() for text in texts) % HASHED_GROUPS).astype(np.int64)
    grouped = frame.select(keys).join(
        accounts.with_columns(pl.Series(VALUE, groups)), on=list(keys), maintain_order="left"
    )
    return grouped[VALUE].to_numpy()


def assign_groups(accounts: NDArray[np.integer], seed: int) -> NDArray[np.int64]:
    """Return a group number from 0 for each row, [rows]; ``accounts`` [rows] are any integers.

    Up to ``MAX_GROUPS`` accounts, each account is a group. Beyond that, accounts are assigned at random, by ``seed``,
    to ``MAX_GROUPS`` groups of equal size (to within one account).
    """
    distinct, codes = np.unique(accounts, return_inverse=True)
    groups = np.arange(len(distinct))
    if len(distinct) > MAX_GROUPS:
        groups = np.random.default_rng([seed, len(distinct)]).permutation(len(distinct)) % MAX_GROUPS
    of_rows: NDArray[np.int64] = groups[codes]
    return of_rows


def _iterate_counts(n: int, samples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Yield how often each of n groups occurs in each of ``samples`` draws, a chunk of draws at a time."""
    chunk = max(1, _CHUNK_CELLS // max(n, 1))
    if chunk >= samples:
        yield _cached_counts(n, samples, seed)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, samples, chunk):
        yield _draw_counts(rng, min(chunk, samples - start), n)


@lru_cache(maxsize=4)
def _cached_counts(n: int, samples: int, seed: int) -> NDArray[np.float64]:
    """Return the draws of n groups, cached, so that every model, day and segment uses the same drawn accounts."""
    counts = _draw_counts(np.random.default_rng(seed), samples, n)
    counts.flags.writeable = False
    return counts


def _draw_counts(rng: np.random.Generator, samples: int, n: int) -> NDArray[np.float64]:
    """Draw n of n accounts with replacement, ``samples`` times, and return how often each occurs, [samples, n]."""
    counts = np.empty((samples, n))
    for row in counts:
        row[:] = np.bincount(rng.integers(0, n, size=n, dtype=np.int32), minlength=n)
    return counts
