"""Rows of a backtest: the two tables that metrics are taken from, and the names of their columns.

Forecast rows, one for each account, cutoff, model and step: the key columns (unique_id, and currency where it is part
of the key), ``cutoff``, ``ds``, ``step`` (1..h), ``model``, ``mean``, the quantile columns of the levels
(``core.columns.quantile_columns``) and ``y``, what came (null beyond the account's last day).

Window rows, one for each account and cutoff: the key columns, ``cutoff``, ``n_train`` (days of history), ``scale``
(mean absolute move at the scale lag over the training part; null where it is zero or cannot be taken), ``scale_rms``
(its root mean square), and a text column for each segment.
"""

from typing import Final

CUTOFF: Final = "cutoff"
SCALE: Final = "scale"
SCALE_RMS: Final = "scale_rms"
N_TRAIN: Final = "n_train"
METRIC: Final = "metric"
VALUE: Final = "value"

#: Levels every backtest forecasts, besides those asked for: CRPS is taken from the nine deciles.
SCORED_LEVELS: Final = (20.0, 40.0, 60.0, 80.0)
