"""Forecast with AutoETS of statsforecast over the first accounts of an input.

python -m benchmarks.yardsticks.auto_ets INPUT OUTPUT.parquet ACCOUNTS SEASON JOBS [FORMS]

FORMS are the forms of error, trend and season to choose from: AZZ those with additive errors, which ``--model AutoETS``
uses too; ZZZ, the default of statsforecast, all of them.
"""

import sys

from statsforecast import StatsForecast
from statsforecast.models import AutoETS

from benchmarks.yardsticks.daily import daily

if __name__ == "__main__":
    source, output, accounts, season, jobs, *forms = sys.argv[1:]
    model = AutoETS(int(season), *forms)
    made = StatsForecast(models=[model], freq="1d", n_jobs=int(jobs))
    made.forecast(df=daily(source, int(accounts)), h=30, level=[80, 95]).write_parquet(output)
