"""The past of accounts: the last day that is known before a given day."""

import numpy as np
from panels import panel_of

from forecast_cli.data.contract.past import Past


def test_a_row_of_the_day_itself_is_not_known_before_it() -> None:
    month = np.datetime64("2026-06-01")
    first = int(month.astype(np.int64))
    rows, days = [0, 0, 0, 1, 1], [first - 1, first, first - 3, first, first + 4]
    past = Past(panel_of([1.0], [1.0], [1.0]), np.array(rows, dtype=np.int32), np.array(days, dtype=np.int32))
    assert past.last_before(month).tolist() == [first - 1, -1, -1]
