"""Evidence: whether the payments of a candidate bear out that it is a stream."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from forecast_cli.models.recurring.block import Block
from forecast_cli.models.recurring.candidates import Flows, count_between, multinomial_ratio
from forecast_cli.models.recurring.cycles import Cycle
from forecast_cli.models.recurring.history import Amounts
from forecast_cli.models.recurring.payments import HIDING, Payments, Seeds
from forecast_cli.models.recurring.ranges import FEWEST_EQUAL

#: Score a stream needs once its payments are settled: of equal amounts, of others by the quarter, and of others.
LEAST_STRENGTH: Final = 12.0
_LEAST_QUARTERLY: Final = 14.0
_LEAST_VARYING: Final = 20.0
#: Share of due days that a stream is paid on, by other amounts and by equal ones, and the most that it misses, and one.
_PAID: Final = (0.45, 0.08)
_MISSED: Final = 0.2
#: How many times as often as on other days an amount comes on due days.
_OFTENER: Final = 3.0
#: Equal amounts seen less often than this may be what is left where a payment was taken out that was not what it was
#: taken for: not all of them may be.
_SURE: Final = 4
#: Share of the payments of a weekly stream that fall on either of two weeks.
_EITHER_WEEK: Final = 0.25
_FEWEST: Final = np.array([FEWEST_EQUAL.get(cycle, 0) for cycle in Cycle])


def borne_out(
    block: Block, seeds: Seeds, payments: Payments, amounts: Amounts, n_due: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Say which of m streams are paid as often as their amounts ask, and are neither remains nor of every second week.

    ``n_due`` [m] are the due days from the first payment to the last.
    """
    share = np.where(amounts.fixed, _PAID[1], _PAID[0])
    on_clear_days = payments.paid & ~block.taken[seeds.row[:, None], columns_of(block, seeds.row, payments)]
    even = np.count_nonzero(payments.paid[:, ::2], axis=1)
    either_week = np.minimum(even, amounts.n_seen - even) >= _EITHER_WEEK * amounts.n_seen
    return np.asarray(
        (amounts.n_seen >= share * n_due)
        & (on_clear_days.any(axis=1) | (amounts.n_seen >= _SURE))
        & (either_week | (seeds.phases.cycle != Cycle.WEEKLY))
    )


def least_strength(amounts: Amounts, seeds: Seeds) -> NDArray[np.float64]:
    """Return the score [m] that a stream needs."""
    varying = np.where(seeds.phases.cycle == Cycle.QUARTERLY, _LEAST_QUARTERLY, _LEAST_VARYING)
    return np.where(amounts.fixed, LEAST_STRENGTH, varying)


def columns_of(block: Block, row: NDArray[np.int64], payments: Payments) -> NDArray[np.int64]:
    """Return the places of payments [m, k] on the block's axis; t where a day is not on it."""
    column = payments.due + payments.offset - block.origins[row][:, None] + block.t - 1
    return np.where((column >= 0) & (column < block.t), column, block.t)


def often_paid(
    seeds: Seeds, payments: Payments, inside: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the due days ``inside``, and which streams are paid often enough if fixed, and missed seldom."""
    n_due, n_seen = np.count_nonzero(inside, axis=1), np.count_nonzero(payments.paid, axis=1)
    missed = np.count_nonzero(inside & ~(payments.paid | payments.hidden), axis=1)
    often = n_seen >= np.maximum(_FEWEST[seeds.phases.cycle], _PAID[1] * n_due)
    return n_due, np.asarray(often & (missed <= _MISSED * n_due + 1))


def strength_of(
    flows: Flows, row: NDArray[np.int64], seeds: Seeds, payments: Payments, inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return the log-likelihood ratio of due days paid on time, hidden and missed, against the account's other days.

    0 where the amount is not ``_OFTENER`` as on those. ``row`` [m] is each seed's account among ``flows``.
    """
    fits = count_between(flows, row, seeds.low, seeds.high)
    hides = count_between(flows, row, HIDING * seeds.low) - fits
    strong = payments.amount * seeds.sign[:, None]
    own = payments.paid & (strong >= seeds.low[:, None]) & (strong <= seeds.high[:, None])
    on_time, either = own & (payments.offset == 0), payments.hidden | payments.paid
    kinds = (on_time, inside & ~on_time & either, inside & ~either)
    here = [np.count_nonzero(kind, axis=1) for kind in kinds]
    days = np.maximum(flows.days[row] - here[0] - here[1] - here[2], 1)
    around = np.maximum(fits - np.count_nonzero(own, axis=1), 0)
    hiding = np.maximum(hides - np.count_nonzero(inside & payments.hidden, axis=1), 0)
    ratio = multinomial_ratio(here, [around, hiding, np.maximum(days - around - hiding, 0)])
    return np.where(here[0] * (days + 1) >= _OFTENER * (around + 0.5) * np.maximum(sum(here), 1), ratio, 0.0)
