"""The two tables from which the metrics of a backtest are computed, and the names of their columns.

Forecast rows, one for each account, cutoff, model and step: the key columns (unique_id, and currency if it is part of
the key), ``cutoff``, ``ds``, ``step`` (1..h), ``model``, ``mean``, the quantile columns of the levels
(``core.columns.quantile_columns``) and ``y``, the actual balance (null beyond the account's last day).

Window rows, one for each account and cutoff: the key columns, ``cutoff``, ``n_train`` (days of history), ``scale``
(mean absolute move at the scale lag over the training part; null if it is zero or the history is too short),
``scale_rms`` (its root mean square), and a text column for each segment.
"""

from typing import Final

CUTOFF: Final = "cutoff"
SCALE: Final = "scale"
SCALE_RMS: Final = "scale_rms"
N_TRAIN: Final = "n_train"
METRIC: Final = "metric"
VALUE: Final = "value"

#: Levels that every backtest forecasts besides the requested ones: CRPS is computed from the nine deciles.
SCORED_LEVELS: Final = (20.0, 40.0, 60.0, 80.0)
