"""Seeds: the streams to confirm, one by one, in the flow of their accounts."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.cycles import CYCLE_KINDS, DAY_STEPS, Cycle, month_of, month_starts
from forecast_cli.models.recurring.records import CANDIDATE, SEED

#: What is tried in place of a seed with the same amounts: another ``cycle``, with ``shift`` added to its residue. Of a
#: biweekly or monthly phase, every second due day may be paid; or a biweekly or quarterly one misses some of the days.
TRIALS: Final = np.array(
    [
        (Cycle.BIWEEKLY, Cycle.WEEKLY, 0),
        (Cycle.BIWEEKLY, Cycle.FOUR_WEEKLY, 0),
        (Cycle.BIWEEKLY, Cycle.FOUR_WEEKLY, DAY_STEPS[Cycle.BIWEEKLY]),
        (Cycle.MONTHLY, Cycle.TWO_MONTHLY, 0),
        (Cycle.MONTHLY, Cycle.TWO_MONTHLY, 1),
        (Cycle.QUARTERLY, Cycle.MONTHLY, 0),
    ],
    dtype=[(name, "i8") for name in ("of", "cycle", "shift")],
)
_MOST_TRIALS: Final = int(np.bincount(TRIALS["of"]).max())

_Ints = NDArray[np.int64]
_Records = NDArray[Any]


def build_seeds(block: Block, picks: _Records, rows: _Ints) -> tuple[_Records, _Ints]:
    """Return the seeds of the candidates ``picks`` [c, r] of ``rows`` [c] of a block, and their due days.

    Seeds are in the order of accounts. Those counted in days come first, then those counted in months, each followed by
    what is tried in their place. Due days are days since 1970-01-01, newest first, from ``block.since`` to
    ``block.until``. A longer cycle that is tried in place of a seed has some of its days.
    """
    months = month_starts(int(block.since.min()), int(block.until.max()))
    seeds = np.empty((1 + _MOST_TRIALS) * picks.size, dtype=SEED)
    due = np.empty(len(seeds) * (block.t // 7 + 7), dtype=np.int64)
    n, n_due = _fill_seeds(
        picks, rows, block.origins, month_of(block.origins), block.until, block.since, months, CYCLE_KINDS, TRIALS,
        seeds, due,
    )  # fmt: skip
    return seeds[:n], due[:n_due]


@subroutine
def _set_seed(pick: Any, kind: Any, row: int, at: int, seed: Any) -> None:
    """Set the fields of the seed of a candidate; ``at`` is the day or month of its account's origin."""
    seed["row"], seed["cycle"], seed["replaces"] = row, pick["cycle"], -1
    place = pick["place"] // kind["anchors"]
    seed["residue"] = place if kind["weekday"] else (at - place) % kind["step"]
    seed["anchor"] = 0 if kind["by_days"] else pick["place"] % kind["anchors"] + 1
    seed["every"] = 1
    seed["fits"], seed["hides"], seed["sign"] = pick["fits"], pick["hides"], pick["sign"]
    seed["low"], seed["high"], seed["least"] = pick["low"], pick["high"], pick["least"]


@subroutine
def _add_trials(seeds: _Records, first: int, behind: int, kinds: _Records, trials: _Records) -> int:
    """Add what is tried in place of the seeds from ``first`` to ``behind`` after them, and return the end."""
    end = behind
    for number in range(first, behind):
        for trial in trials:
            if trial["of"] == seeds[number]["cycle"]:
                one = seeds[end]
                seeds[end] = seeds[number]
                one["cycle"], one["replaces"] = trial["cycle"], number
                one["residue"] = (one["residue"] + trial["shift"]) % kinds[trial["cycle"]]["step"]
                end += 1
    return end


@subroutine
def _due_day(kind: Any, months: _Ints, at: int, seed: Any) -> Any:
    """Return the due day ``at`` a day, or in a month (see ``Phases``)."""
    if kind["by_days"]:
        return at
    day = min(months[at] + seed["anchor"], months[at + 1]) - 1
    if kind["business"] and seed["anchor"] > kind["anchors"] // 2:
        day = months[at + 1] - 1 + seed["anchor"] - kind["anchors"]
    if kind["weekday"]:
        day -= kind["residues"] - 1 if seed["anchor"] == kind["anchors"] else 0
        day += (seed["residue"] - day) % kind["residues"]
    return day


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
    day = _due_day(kind, months, at, seed)
    if day > until:
        at -= kind["step"]
        day = _due_day(kind, months, at, seed)
    seed["newest"] = at
    while day >= since:
        due[end] = day
        end += 1
        at -= kind["step"]
        day = _due_day(kind, months, at, seed)
    seed["end"] = end


@subroutine
def _share_due_days(seed: Any, kind: Any, whole: Any, step: int) -> None:
    """Set the due days of a seed to those of ``whole``, which come every ``step`` days or months, that it has too."""
    first = (whole["newest"] - seed["residue"]) % kind["step"] // step
    seed["start"], seed["end"], seed["every"] = whole["start"] + first, whole["end"], kind["step"] // step


@subroutine
def _set_all_due_days(seeds: _Records, kinds: _Records, months: _Ints, until: _Ints, since: _Ints, due: _Ints) -> int:
    """Set the due days of all seeds, and return how many there are."""
    n = 0
    for number in range(len(seeds)):
        seed, whole = seeds[number], seeds[max(seeds[number]["replaces"], 0)]
        kind, step = kinds[seed["cycle"]], kinds[whole["cycle"]]["step"]
        if seed["replaces"] >= 0 and kind["step"] > step:
            _share_due_days(seed, kind, whole, step)
        else:
            seed["start"] = n
            _set_due_days(seed, kind, months, until[seed["row"]], since[seed["row"]], due)
            n = seed["end"]
    return n


@kernel(
    (CANDIDATE, 2), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1), (np.int64, 1),
    (CYCLE_KINDS.dtype, 1), (TRIALS.dtype, 1), (SEED, 1), (np.int64, 1),
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
    trials: _Records,
    seeds: _Records,
    due: _Ints,
) -> tuple[int, int]:
    """Fill the seeds and their due days, and return how many there are of both.

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
            end = _add_trials(seeds, first, end, kinds, trials)
    return end, _set_all_due_days(seeds[:end], kinds, months, until, since, due)
