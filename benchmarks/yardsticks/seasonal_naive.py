"""Forecast with SeasonalNaive(30) of statsforecast over an input, with two levels and two processes.

python -m benchmarks.yardsticks.seasonal_naive INPUT OUTPUT.parquet
"""

import sys

from statsforecast import StatsForecast
from statsforecast.models import SeasonalNaive

from benchmarks.yardsticks.daily import daily

if __name__ == "__main__":
    source, output = sys.argv[1:]
    made = StatsForecast(models=[SeasonalNaive(30)], freq="1d", n_jobs=2)
    made.forecast(df=daily(source), h=30, level=[80, 95]).write_parquet(output)
