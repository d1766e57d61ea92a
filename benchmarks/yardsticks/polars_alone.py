"""Read an input with polars, sort it, write it, and copy the tables of a forecast.

python -m benchmarks.yardsticks.polars_alone INPUT FORECAST DIR
"""

import sys

import polars as pl

if __name__ == "__main__":
    source, forecast, output = sys.argv[1:]
    rows = pl.read_parquet(f"{source}/**/*.parquet").sort("account_id", "date")
    rows.write_parquet(f"{output}/rows.parquet")
    pl.read_parquet(f"{forecast}/forecasts/*.parquet").write_parquet(f"{output}/forecasts.parquet")
    pl.read_parquet(f"{forecast}/risk.parquet").write_parquet(f"{output}/risk.parquet")
