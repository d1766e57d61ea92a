"""Terms: what each cycle asks of a stream before it is believed."""

from typing import Final

import numpy as np

from forecast_cli.models.recurring.cycles import EARLIEST, LATEST, WEEK_STEPS, Cycle

#: Score a stream needs where amounts vary, by the quarter and by other cycles.
_LEAST_QUARTERLY: Final = 14.0
_LEAST_VARYING: Final = 13.0
#: The most of its payments, where they vary, that come early or late: what comes often has one near any day, by the
#: week most of all.
_ASTRAY: Final = 0.5
_ASTRAY_BY_WEEK: Final = 0.2
#: Share of the payments of a weekly stream that fall on either of two weeks.
_EITHER_WEEK: Final = 0.25

#: Hits that a cycle needs of equal amounts, and of others: two are told from chance where no other due day speaks
#: against them.
FEWEST: Final = {Cycle.WEEKLY: (5, 5), Cycle.BIWEEKLY: (4, 4), Cycle.MONTHLY: (2, 3), Cycle.QUARTERLY: (4, 3)}

#: What a cycle asks: the ``fewest`` payments, the days they may be ``early`` and ``late`` by (a weekly one that is more
#: would be that of the week before or after), the ``least`` score where amounts vary, the share on ``either`` of two
#: due days in turn, the most that come ``astray``.
TERMS: Final = np.array(
    [
        (
            FEWEST.get(cycle, (0,))[0],
            2 if cycle is Cycle.WEEKLY else -EARLIEST,
            2 if cycle is Cycle.WEEKLY else LATEST,
            _LEAST_QUARTERLY if cycle is Cycle.QUARTERLY else _LEAST_VARYING,
            _EITHER_WEEK if cycle is Cycle.WEEKLY else 0.0,
            _ASTRAY_BY_WEEK if cycle in WEEK_STEPS else _ASTRAY,
        )
        for cycle in Cycle
    ],
    dtype=[("fewest", "i8"), ("early", "i8"), ("late", "i8"), ("least", "f8"), ("either", "f8"), ("astray", "f8")],
)
