"""Terms: the conditions that a stream of each cycle must meet."""

from typing import Final

import numpy as np

from forecast_cli.models.recurring.business_days import Rule
from forecast_cli.models.recurring.cycles import DAY_STEPS, EARLIEST, LATEST, Cycle

#: Score that a stream needs where amounts repeat, and where they vary: in most cycles, in quarters, and in rare cycles.
#: Chance finds as many streams of a rare cycle as of others, but few of them are real.
_SCORES: Final = (9.0, 13.0)
_QUARTERLY_SCORES: Final = (9.0, 14.0)
_RARE_SCORES: Final = (20.0, 26.0)
_RARE: Final = (Cycle.FOUR_WEEKLY, Cycle.MONTHLY_WEEKDAY, Cycle.MONTHLY_BUSINESS_DAY, Cycle.TWO_MONTHLY)
#: Largest share of payments that may come early or late if amounts vary. Frequent flows have one near any due day, most
#: of all in cycles counted in days.
_MAX_ASTRAY: Final = 0.5
_MAX_ASTRAY_DAYS: Final = 0.2
#: Smallest share of the payments of a weekly stream that must fall in each of two alternating weeks.
_EITHER_WEEK: Final = 0.25

#: Hits that a cycle needs with equal amounts, and with others. Two can be distinguished from chance if no due day was
#: missed.
_HITS: Final = {
    Cycle.WEEKLY: (5, 5),
    Cycle.BIWEEKLY: (4, 4),
    Cycle.FOUR_WEEKLY: (4, 4),
    Cycle.THIRTY_DAYS: (5, 4),
    Cycle.MONTHLY: (2, 3),
    Cycle.MONTHLY_WEEKDAY: (4, 4),
    Cycle.MONTHLY_BUSINESS_DAY: (4, 4),
    Cycle.TWO_MONTHLY: (5, 5),
    Cycle.QUARTERLY: (4, 3),
}
#: Hits needed in addition for each width of a range of amounts (``candidates``). Only one cycle has the last width.
_EXTRA_HITS: Final = (0, 1, 2, 4, 0)
_CYCLE_OF_LAST_WIDTH: Final = Cycle.THIRTY_DAYS
#: Instead of a number of hits, below 0: the cycle does not have the width.
_NOT_SEARCHED: Final = -1
#: Hits needed for each cycle and width, [cycles, widths].
MIN_HITS: Final = np.array(
    [[_HITS.get(cycle, (0, 0))[width > 0] + more for width, more in enumerate(_EXTRA_HITS)] for cycle in Cycle]
)
MIN_HITS[np.array(Cycle) != _CYCLE_OF_LAST_WIDTH, -1] = _NOT_SEARCHED

#: Cycles whose payments come within two days: a weekly one further off would belong to the week before or after, and a
#: day of the month would look like a weekday of the month.
_EXACT: Final = (Cycle.WEEKLY, Cycle.MONTHLY_WEEKDAY, Cycle.MONTHLY_BUSINESS_DAY)
#: Instead of a rule: the payments decide.
_CHOOSE_RULE: Final = -1
#: Conditions of each cycle: the ``fewest`` payments, the days by which they may be ``early`` or ``late``, the ``rule``
#: by which days move, the ``least`` score and that if amounts are ``varying``, the smallest share in ``either`` of two
#: alternating weeks, and the largest share that comes early or late (``astray``).
TERMS: Final = np.array(
    [
        (
            _HITS.get(cycle, (0,))[0],
            2 if cycle in _EXACT else -EARLIEST,
            2 if cycle in _EXACT else LATEST,
            Rule.COUNT if cycle is Cycle.MONTHLY_BUSINESS_DAY else _CHOOSE_RULE,
            *(_RARE_SCORES if cycle in _RARE else _QUARTERLY_SCORES if cycle is Cycle.QUARTERLY else _SCORES),
            _EITHER_WEEK if cycle is Cycle.WEEKLY else 0.0,
            _MAX_ASTRAY_DAYS if cycle in (*DAY_STEPS, *_EXACT) else _MAX_ASTRAY,
        )
        for cycle in Cycle
    ],
    dtype=[(name, "i8") for name in ("fewest", "early", "late", "rule")]
    + [(name, "f8") for name in ("least", "varying", "either", "astray")],
)
