"""Columns of ``risk.parquet`` besides the keys and the model."""

from typing import Final

THRESHOLD: Final = "threshold"
THRESHOLD_NAME: Final = "threshold_name"
WINDOW: Final = "window"
PROB_BELOW: Final = "prob_below"
EXPECTED_LOW: Final = "expected_low"
LOW_Q05: Final = "low_q05"
LOW_Q50: Final = "low_q50"
DAYS_BELOW: Final = "days_below"
BALANCE: Final = "balance"

#: Fractions of the sample paths for which the date of the first crossing is reported, and the columns of the dates.
CROSSED: Final = (0.1, 0.5, 0.9)
FIRST_BELOW: Final = ("first_below_q10", "first_below_q50", "first_below_q90")

RISK_COLUMNS: Final = (
    THRESHOLD,
    WINDOW,
    PROB_BELOW,
    EXPECTED_LOW,
    LOW_Q05,
    LOW_Q50,
    DAYS_BELOW,
    *FIRST_BELOW,
    THRESHOLD_NAME,
    BALANCE,
)
