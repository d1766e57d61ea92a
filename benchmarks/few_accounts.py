"""Score auto with few accounts to learn from: the same accounts, split into inputs of several sizes.

python -m benchmarks.few_accounts BALANCES [ACCOUNTS]
"""

import sys
from collections.abc import Iterator
from typing import Final

import numpy as np
import polars as pl

from benchmarks.backtested import backtested
from forecast_cli.config.settings import Settings
from forecast_cli.core.columns import MODEL

MODELS: Final = ("auto", "RecurringEvents", "MonthPaths", "Naive")
METRICS: Final = ("scrps", "mase", "coverage_80")
#: Numbers of accounts in an input.
SIZES: Final = (320, 80, 40, 20, 10)
ACCOUNTS: Final = 320


def main(balances: str, accounts: int = ACCOUNTS) -> None:
    """Print, for each size and model, the mean scores over the windows of all inputs of this size."""
    rows = pl.read_parquet(balances)
    ids = rows["account_id"].unique().sort().to_numpy()
    some = np.random.default_rng(1).permutation(ids)[:accounts]
    print(f"{'accounts':>8}  {'model':<16}" + "".join(f"{name:>12}" for name in METRICS))
    for size in SIZES:
        lots = [some[start : start + size] for start in range(0, len(some), size)]
        scores = pl.concat(_scores(rows.filter(pl.col("account_id").is_in(lot.tolist()))) for lot in lots)
        for line in _lines(size, scores):
            print(line, flush=True)


def _scores(rows: pl.DataFrame) -> pl.DataFrame:
    with backtested(rows, Settings(model=MODELS)) as output:
        return pl.read_parquet(output / "scores.parquet").filter(pl.col("metric").is_in(METRICS))


def _lines(size: int, scores: pl.DataFrame) -> Iterator[str]:
    means = scores.group_by(MODEL, "metric").agg(pl.col("value").mean())
    found = {(model, metric): value for model, metric, value in means.iter_rows()}
    for model in MODELS:
        yield f"{size:>8}  {model:<16}" + "".join(f"{found[model, metric]:>12.4f}" for metric in METRICS)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
