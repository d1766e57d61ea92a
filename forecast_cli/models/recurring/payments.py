"""Payments: the flows of an account that are the payments of a stream, and whether they confirm the stream.

A payment falls due on a day, may be moved to a business day by the stream's rule, and may come some days early or late.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.compiled import kernel, subroutine
from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.business_days import shift_table
from forecast_cli.models.recurring.logs import log_table
from forecast_cli.models.recurring.records import GAP, PAYMENT, SEED, STREAM
from forecast_cli.models.recurring.terms import TERMS

#: An amount on the due day may lie outside the range by this share and still be a payment of the stream.
_CHANGED: Final = 0.2
#: Share of a stream's payments that must equal another one for its amounts to count as repeating (fixed).
_FIXED: Final = 0.4
#: A stream may miss this share of its due days, plus one.
_MAX_MISSED: Final = 0.2
#: The amount must come this many times as often on due days as on other days.
_MIN_RATE_RATIO: Final = 3.0
#: A stream with fewer payments must have one on a day from which nothing was taken out: otherwise all of them may be
#: remainders of wrongly taken payments.
_ENOUGH_PAYMENTS: Final = 6
#: A stream ends before its last payment, or begins after its first, if that makes it stronger by this much: minus the
#: logarithm of a thousandth, less than the probability that a stream ends on a given due day.
_CHANGE: Final = 7.0
#: The two ends of a stream.
_NEWEST: Final = 0
_OLDEST: Final = 1
#: Number of rules from which one is chosen by the payments, the first ones.
_CHOSEN_RULES: Final = 3
#: Empty days before and after those of an account: more than the distance of any due day and shift beyond these.
_MARGIN: Final = 48

_Flags = NDArray[np.bool_]
_Flow = NDArray[np.float64]
_Ints = NDArray[np.int64]
_Records = NDArray[Any]
#: Numbers of due days paid on time, early or late, with another amount, missed, and hidden.
_Tally = tuple[int, int, int, int, int]


def find_payments(block: Block, seeds: _Records, nominal: _Ints) -> tuple[_Records, _Records]:
    """Return the streams (``STREAM`` [n]) confirmed by the due days of ``seeds`` (``SEED`` [m]), and ``PAYMENT`` [d].

    ``nominal`` [d] are the due days of the seeds. Streams are in the order of their seeds, their due days newest first.
    Of a seed and one that is tried in its place, the weaker is left out or has strength 0.
    """
    streams, due = np.empty(len(seeds), dtype=STREAM), np.empty(len(nominal), dtype=PAYMENT)
    n = _confirm_streams(
        block.flow, block.taken, block.eps, block.origins, block.lengths, seeds, nominal,
        shift_table(np.array([block.since.min(), block.until.max()]), block.holidays), TERMS, log_table(), streams, due,
        np.empty(block.t + _MARGIN, dtype=GAP),
    )  # fmt: skip
    return streams[:n], due[: streams[n - 1]["end"] if n else 0]


@subroutine
def _pad_days(flow: _Flow, taken: _Flags, wide: _Flow, wide_taken: _Flags) -> None:
    """Copy ``flow`` and ``taken`` [t + 1] into ``wide`` and ``wide_taken``, between ``_MARGIN`` empty days."""
    for column in range(len(flow)):
        wide[_MARGIN + column], wide_taken[_MARGIN + column] = flow[column], taken[column]


@subroutine
def _amount_bounds(seed: Any, wider: float) -> tuple[float, float]:
    """Return the lowest and the highest signed amount of a seed's range, widened by the share ``wider`` at each end."""
    low, high = seed["low"] * (1 - wider), seed["high"] * (1 + wider)
    return (low, high) if seed["sign"] > 0.0 else (-high, -low)


@subroutine
def _choose_rule(flow: _Flow, seed: Any, due: _Ints, start: int, calendar: _Ints, counts: _Ints) -> int:
    """Return which of the first three rules most payments due on a weekend or holiday kept to.

    The first, ``NONE``, has precedence in a tie. A day whose flow may hide the payment counts as a quarter of one.
    ``flow`` begins on day ``start``; ``counts`` [3] is overwritten.
    """
    low, high = _amount_bounds(seed, 0.0)
    counts[:] = 0
    for day in due:
        at = day - calendar[0, 0]
        if calendar[1, at] != day:
            for rule in range(len(counts)):
                value = flow[calendar[rule, at] - start]
                counts[rule] += (abs(value) > seed["least"]) + 3 * (low <= value <= high)
    best = 0
    for rule in range(1, len(counts)):
        if counts[rule] > counts[best]:
            best = rule
    return best


@subroutine
def _nearest_offset(flow: _Flow, low: float, high: float, at: int, early: int, late: int) -> tuple[int, bool]:
    """Return the offset from due day ``at`` of the nearest flow from ``low`` to ``high``, and whether there is one."""
    if low <= flow[at] <= high:
        return 0, True
    for away in range(1, late + 1):
        if low <= flow[at + away] <= high:
            return away, True
        if away <= early and low <= flow[at - away] <= high:
            return -away, True
    return 0, False


@subroutine
def _match_due_days(flow: _Flow, taken: _Flags, seed: Any, term: Any, start: int, due: _Records) -> None:
    """Set the payments of due days."""
    low, high = _amount_bounds(seed, 0.0)
    lowest, highest = _amount_bounds(seed, _CHANGED)
    early, late, least, incoming = term["early"], term["late"], seed["least"], seed["sign"] > 0.0
    for back in range(len(due)):
        one = due[back]
        at = one["due"] - start
        offset, own = _nearest_offset(flow, low, high, at, early, late)
        on_day, value = flow[at], flow[at + offset]
        paid = (own | (lowest <= value <= highest)) & (value != 0.0)
        unpaid = one["known"] & (not paid)
        large = unpaid & (abs(on_day) > least)
        one["offset"], one["paid"], one["amount"] = offset, paid, value if paid else 0.0
        one["within"] = large & ((on_day > 0.0) == incoming)
        one["hidden"] = large | (unpaid & taken[at])


@subroutine
def _set_gap(gap: Any, tally: _Tally, missed: int, hidden: int) -> None:
    """Set the due days newer than a gap, and how many of these and the gap are ``missed`` and ``hidden``."""
    gap["on_time"], gap["astray"], gap["other"], gap["missed"], gap["hidden"] = tally
    gap["all_missed"], gap["all_hidden"] = missed, hidden


@subroutine
def _count_due_days(due: _Records, seed: Any, gaps: _Records) -> tuple[int, int, int, _Tally]:
    """Fill ``gaps``, and return their number, that of payments, and of known due days from the first to the last.

    Also return how many of these days were paid with an amount of the range on time, how many early or late, how many
    with another amount, how many were missed, and how many are hidden.
    """
    low, high = _amount_bounds(seed, 0.0)
    n_gaps, n_seen, last, on_time, astray, other = 0, 0, 0, 0, 0, 0
    known, missed, hidden, n_due, n_missed, n_hidden = 0, 0, 0, 0, 0, 0
    for back in range(len(due)):
        one = due[back]
        paid, own = one["paid"], low <= one["amount"] <= high
        if paid or n_seen > 0:
            known += one["known"]
            missed += one["known"] & (not paid) & (not one["hidden"])
            hidden += one["hidden"]
        if paid:
            if n_seen > 0 and back > last + 1:
                gaps[n_gaps]["newer"], gaps[n_gaps]["older"] = last, back
                _set_gap(gaps[n_gaps], (on_time, astray, other, n_missed, n_hidden), missed, hidden)
                n_gaps += 1
            n_seen, n_due, n_missed, n_hidden, last = n_seen + 1, known, missed, hidden, back
            on_time += own & (one["offset"] == 0)
            astray += one["offset"] != 0
            other += one["known"] & (not own)
    return n_gaps, n_seen, n_due, (on_time, astray, other, n_missed, n_hidden)


@subroutine
def log_share(here: int, total: int, there: int, others: int, logs: _Flow) -> Any:
    """Return ``here`` log(share of ``total`` / share of other days), with half a day added to each kind of these."""
    return here * (logs[here] - logs[total] - logs[2 * there + 1] + logs[others])


@subroutine
def _strength(tally: _Tally, seed: Any, term: Any, days: int, logs: _Flow) -> Any:
    """Return the log-likelihood ratio of due days paid on time, early or late, and missed, against other days.

    The account's other days likewise have a flow of the range, have one near them, or have neither. Hidden days, and
    days paid with another amount, are left out. It is 0 if the amount does not come ``_MIN_RATE_RATIO`` times as often
    on due days as on other days.
    """
    on_time, astray, other, missed, hidden = tally
    total = on_time + astray + missed
    elsewhere = max(days - total - other - max(seed["hides"] - hidden, 0), 1)
    around = max(seed["fits"] - on_time - astray, 0)
    if on_time * (elsewhere + 1) < _MIN_RATE_RATIO * (around + 0.5) * max(total, 1):
        return 0.0
    rest = max(elsewhere - around, 0)
    near = min((2 * around + 1) * (term["early"] + term["late"]) // 2, rest // 2)
    others = 2 * (around + rest) + 3
    ratio = log_share(on_time, total, around, others, logs)
    ratio += log_share(astray, total, near, others, logs)
    return ratio + log_share(missed, total, rest - near, others, logs)


@subroutine
def _sort_amounts(due: _Records, paid: _Flow, values: _Flow, eps: float) -> bool:
    """Fill ``paid`` with the amounts paid and ``values`` with them in ascending order; return whether they repeat.

    The rank of each is counted, because the processor would mispredict the ends of insertions.
    """
    n, equal = 0, 0
    for back in range(len(due)):
        paid[n] = due[back]["amount"]
        n += due[back]["paid"]
    for one in range(n):
        rank = np.uint32(0)
        for other in range(n):
            before = (paid[other] < paid[one]) | ((paid[other] == paid[one]) & (other < one))
            rank = np.uint32(rank + before)
        values[rank] = paid[one]
    for place in range(1, n):
        equal += values[place] - values[place - 1] <= 2 * eps
    return equal >= _FIXED * max(n - 1, 1)


@subroutine
def _is_plausible(due: _Records, taken: _Flags, start: int, n_seen: int, term: Any) -> bool:
    """Return whether a stream is neither the remainder of others nor, if weekly, paid mostly every second week.

    ``taken`` begins on day ``start``.
    """
    sure, even = n_seen >= _ENOUGH_PAYMENTS, 0
    for back in range(len(due)):
        one = due[back]
        if one["paid"]:
            sure |= not taken[one["due"] + one["offset"] - start]
            even += back % 2 == 0
    return sure and min(even, n_seen - even) >= term["either"] * n_seen


@subroutine
def _without_end(tally: _Tally, gap: Any, end: int) -> _Tally:
    """Return what is left of ``tally`` without the due days at one end of a stream, up to a gap."""
    on_time, astray, other, missed, hidden = tally
    if end == _OLDEST:
        return gap["on_time"], gap["astray"], gap["other"], gap["missed"], gap["hidden"]
    on_time, astray, other = on_time - gap["on_time"], astray - gap["astray"], other - gap["other"]
    return on_time, astray, other, missed - gap["all_missed"], hidden - gap["all_hidden"]


@subroutine
def _best_cut(gaps: _Records, tally: _Tally, seed: Any, term: Any, days: int, logs: _Flow, end: int) -> int:
    """Return the gap at which a stream that is cut at one end is stronger by ``_CHANGE``, -1 if there is none."""
    cut, least = -1, _strength(tally, seed, term, days, logs) + _CHANGE
    for place in range(len(gaps)):
        number = place if end == _NEWEST else len(gaps) - 1 - place
        strength = _strength(_without_end(tally, gaps[number], end), seed, term, days, logs)
        if strength > least:
            least, cut = strength, number
    return cut


@subroutine
def _leave_out(due: _Records) -> None:
    """Mark due days as neither paid nor hidden."""
    for back in range(len(due)):
        one = due[back]
        one["paid"], one["amount"], one["hidden"], one["within"] = False, 0.0, False, False


@subroutine
def _cut_ends(due: _Records, seed: Any, term: Any, days: int, logs: _Flow, gaps: _Records) -> tuple[int, int, _Tally]:
    """Leave out payments before or after a stream that fit only by chance, as those of the next job may.

    Return the numbers of payments and of due days, and the tally, of the rest. ``gaps`` is overwritten.
    """
    n_gaps, n_seen, n_due, tally = _count_due_days(due, seed, gaps)
    for end in (_NEWEST, _OLDEST):
        cut = _best_cut(gaps[:n_gaps], tally, seed, term, days, logs, end) if n_gaps > 0 else -1
        if cut >= 0:
            _leave_out(due[: gaps[cut]["older"]] if end == _NEWEST else due[gaps[cut]["newer"] + 1 :])
            n_gaps, n_seen, n_due, tally = _count_due_days(due, seed, gaps)
    return n_seen, n_due, tally


@subroutine
def _confirm_stream(
    flow: _Flow,
    taken: _Flags,
    seed: Any,
    term: Any,
    start: int,
    due: _Records,
    days: int,
    eps: float,
    logs: _Flow,
    paid: _Flow,
    values: _Flow,
    gaps: _Records,
) -> tuple[int, Any, bool]:
    """Set the payments of due days; return their number, the strength of the stream, and whether amounts repeat.

    The strength is 0 if the payments do not confirm a stream. ``paid``, ``values`` (ascending) and ``gaps`` are filled.
    """
    _match_due_days(flow, taken, seed, term, start, due)
    n_seen, n_due, tally = _cut_ends(due, seed, term, days, logs, gaps)
    if n_seen < term["fewest"] or tally[3] > _MAX_MISSED * n_due + 1:
        return n_seen, 0.0, False
    strength = _strength(tally, seed, term, days, logs)
    if strength < term["least"]:
        return n_seen, 0.0, False
    fixed = _sort_amounts(due, paid, values, eps)
    consistent = fixed or (strength >= term["varying"] and tally[1] <= term["astray"] * n_seen)
    plausible = consistent and _is_plausible(due, taken, start, n_seen, term)
    return n_seen, strength if plausible else 0.0, fixed


@subroutine
def _set_days(due: _Records, nominal: _Ints, moved: _Ints, first: int, origin: int, length: int) -> None:
    """Set the due days of a stream as ``moved`` (which begins on day ``first``), and whether history includes them."""
    for back in range(len(due)):
        day = moved[nominal[back] - first]
        due[back]["due"], due[back]["known"] = day, origin - length + 1 < day <= origin


@subroutine
def _fill_stream(stream: Any, number: int, seed: Any, rule: int, found: tuple[int, Any, bool], values: _Flow) -> None:
    """Set the fields of a stream; ``found`` is its number of payments, strength and whether amounts repeat."""
    n_seen, strength, fixed = found
    stream["seed"], stream["row"], stream["rule"] = number, seed["row"], rule
    stream["cycle"], stream["residue"], stream["anchor"] = seed["cycle"], seed["residue"], seed["anchor"]
    stream["partner"] = -1
    stream["n_seen"], stream["strength"], stream["fixed"] = n_seen, strength, fixed
    stream["median"] = (values[(n_seen - 1) // 2] + values[n_seen // 2]) / 2


@subroutine
def _find_stream(streams: _Records, seed: int) -> Any:
    """Return the index of the stream of a seed, -1 if it gave none."""
    place = len(streams) - 1
    while place >= 0 and streams[place]["seed"] > seed:
        place -= 1
    return place if place >= 0 and streams[place]["seed"] == seed else -1


@subroutine
def _beats_replaced(streams: _Records, replaced: int, strength: float) -> bool:
    """Return whether a stream beats that of seed ``replaced``, whose strength is then set to 0.

    It also does if that seed gave no stream.
    """
    place = _find_stream(streams, replaced)
    if place >= 0 and strength <= streams[place]["strength"]:
        return False
    if place >= 0:
        streams[place]["strength"] = 0.0
    return True


@kernel(
    (np.float64, 2), (np.bool_, 2), (np.float64, 1), (np.int64, 1), (np.int64, 1), (SEED, 1), (np.int64, 1),
    (np.int64, 2), (TERMS.dtype, 1), (np.float64, 1), (STREAM, 1), (PAYMENT, 1), (GAP, 1),
)  # fmt: skip
def _confirm_streams(
    flow: _Flow,
    taken: _Flags,
    eps: _Flow,
    origins: _Ints,
    lengths: _Ints,
    seeds: _Records,
    nominal: _Ints,
    calendar: _Ints,
    terms: _Records,
    logs: _Flow,
    streams: _Records,
    payments: _Records,
    gaps: _Records,
) -> int:
    """Fill the confirmed streams and their payments, and return how many streams there are.

    ``nominal`` [d] are the due days of the ``seeds`` [m]; ``calendar`` is that of ``shift_table``.
    """
    n_streams, first, t = 0, 0, flow.shape[1] - 1
    paid, values, counts = np.empty(t + _MARGIN), np.empty(t + _MARGIN), np.empty(_CHOSEN_RULES, np.int64)
    wide, wide_taken = np.zeros(t + 2 * _MARGIN), np.zeros(t + 2 * _MARGIN, np.bool_)
    for number in range(len(seeds)):
        seed, stream = seeds[number], streams[n_streams]
        row, term, days = seed["row"], terms[seed["cycle"]], nominal[seed["start"] : seed["end"] : seed["every"]]
        if number == 0 or seeds[number - 1]["row"] != row:
            _pad_days(flow[row], taken[row], wide, wide_taken)
        replaced = seed["replaces"]
        longer = replaced >= 0 and seed["cycle"] > seeds[replaced]["cycle"]
        if longer and _find_stream(streams[:n_streams], replaced) >= 0:
            continue  # some of its days would not beat all of them
        start = origins[row] - t + 1 - _MARGIN
        due = payments[first : first + len(days)]
        rule = term["rule"]
        if rule < 0:
            rule = _choose_rule(wide, seed, days, start, calendar, counts)
        _set_days(due, days, calendar[rule], calendar[0, 0], origins[row], lengths[row])
        found = _confirm_stream(
            wide, wide_taken, seed, term, start, due, lengths[row], eps[row], logs, paid, values, gaps
        )
        if found[1] > 0.0 and (replaced < 0 or _beats_replaced(streams[:n_streams], replaced, found[1])):
            _fill_stream(stream, number, seed, rule, found, values)
            stream["start"], stream["end"] = first, first + len(days)
            n_streams, first = n_streams + 1, first + len(days)
    return n_streams
