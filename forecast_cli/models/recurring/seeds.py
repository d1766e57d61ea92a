"""Seeds: the streams to confirm, one by one, in the flow of their accounts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.cycles import CYCLE_KINDS, month_of, month_starts
from forecast_cli.models.recurring.records import CANDIDATE, SEED

_Ints = NDArray[np.int64]
_Records = NDArray[Any]


def build_seeds(block: Block, picks: _Records, rows: _Ints) -> tuple[_Records, _Ints]:
    """Return the seeds of the candidates ``picks`` [c, r] of ``rows`` [c] of a block, and their due days.

    Seeds are in the order of accounts. Those counted in days come first, then those counted in months, each followed by
    seeds of the next shorter cycles. Due days are days since 1970-01-01, newest first, from ``block.since`` to
    ``block.until``.
    """
    months = month_starts(int(block.since.min()), int(block.until.max()))
    seeds = np.empty(2 * picks.size, dtype=SEED)
    due = np.empty(len(seeds) * (block.t // 7 + 5), dtype=np.int64)
    n = _fill_seeds(
        picks, rows, block.origins, month_of(block.origins), block.until, block.since, months, CYCLE_KINDS, seeds, due
    )  # fmt: skip
    return seeds[:n], due[: seeds[n - 1]["end"] if n else 0]


@subroutine
def _set_seed(pick: Any, kind: Any, row: int, at: int, seed: Any) -> None:
    """Set the fields of the seed of a candidate; ``at`` is the day or month of its account's origin."""
    seed["row"], seed["cycle"], seed["coarse"] = row, pick["cycle"], -1
    seed["residue"] = (at - pick["place"] // kind["anchors"]) % kind["step"]
    seed["anchor"] = 0 if kind["by_days"] else pick["place"] % kind["anchors"] + 1
    seed["fits"], seed["hides"], seed["sign"] = pick["fits"], pick["hides"], pick["sign"]
    seed["low"], seed["high"], seed["least"] = pick["low"], pick["high"], pick["least"]


@subroutine
def _add_shorter_cycles(seeds: _Records, first: int, behind: int, kinds: _Records) -> int:
    """Add seeds of the next shorter cycles after the seeds from ``first`` to ``behind``, and return their end."""
    end = behind
    for number in range(first, behind):
        finer = kinds[seeds[number]["cycle"]]["finer"]
        if finer >= 0:
            seeds[end] = seeds[number]
            seeds[end]["cycle"], seeds[end]["coarse"] = finer, number
            seeds[end]["residue"] %= kinds[finer]["step"]
            end += 1
    return end


@subroutine
def _due_day(kind: Any, months: _Ints, at: int, anchor: int) -> Any:
    """Return the due day ``at`` a day, or in a month: its day ``anchor``, or its last day if it is shorter."""
    return at if kind["by_days"] else min(months[at] + anchor, months[at + 1]) - 1


@subroutine
def _month_index(months: _Ints, day: int) -> Any:
    """Return the index of the month of ``day`` in ``months``."""
    place = (day - months[0]) // 31
    while months[place + 1] <= day:
        place += 1
    return place


@subroutine
def _set_due_days(seed: Any, kind: Any, months: _Ints, until: int, since: int, due: _Ints) -> None:
    """Fill the due days of a seed from ``until`` down to ``since``, newest first, into ``due`` from its ``start``."""
    end, at = seed["start"], until if kind["by_days"] else _month_index(months, until)
    at -= (at - seed["residue"]) % kind["step"]
    day = _due_day(kind, months, at, seed["anchor"])
    while day >= since:
        if day <= until:
            due[end] = day
            end += 1
        at -= kind["step"]
        day = _due_day(kind, months, at, seed["anchor"])
    seed["end"] = end


@kernel(
    (CANDIDATE, 2), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1),
    (CYCLE_KINDS.dtype, 1), (SEED, 1), (np.int64, 1),
)  # fmt: skip
def _fill_seeds(
    picks: _Records,
    rows: _Ints,
    origins: _Ints,
    origin_months: _Ints,
    until: _Ints,
    since: _Ints,
    months: _Ints,
    kinds: _Records,
    seeds: _Records,
    due: _Ints,
) -> int:
    """Fill the seeds and their due days, and return how many seeds there are.

    ``origin_months`` are the months of the origins of the block's rows; ``months`` are the first days of months.
    """
    end = 0
    for account in range(len(picks)):
        row = rows[account]
        for by_days in (True, False):
            first, at = end, origins[row] if by_days else origin_months[row]
            for rank in range(picks.shape[1]):
                pick = picks[account, rank]
                kind = kinds[pick["cycle"]]
                if pick["score"] > 0.0 and kind["by_days"] == by_days:
                    _set_seed(pick, kind, row, at, seeds[end])
                    end += 1
            end = _add_shorter_cycles(seeds, first, end, kinds)
    for number in range(end):
        seed = seeds[number]
        seed["start"] = seeds[number - 1]["end"] if number else 0
        _set_due_days(seed, kinds[seed["cycle"]], months, until[seed["row"]], since[seed["row"]], due)
    return end
