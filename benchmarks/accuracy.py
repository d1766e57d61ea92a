"""Compare the accuracy and cost of models by backtests of the sample and of other balances.

python -m benchmarks.accuracy [BALANCES.parquet ...]
"""

import sys
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.brier import brier_scores
from benchmarks.recurring_events import score
from forecast_cli.config.settings import Settings
from forecast_cli.workflows.backtest import run_backtest
from forecast_cli.workflows.results import ForecastRequest

MODELS: Final = (
    "auto",
    "RecurringEvents",
    "MonthPaths",
    "WeekPaths",
    "BiweekPaths",
    "FastMSTL(7,30)",
    "RareMoves",
    "MSTL",
    "AutoETS",
    "SeasonalNaive",
    "Naive",
)
SAMPLE: Final = "data/sample"
OUTPUT: Final = Path("out/accuracy")
#: Fewest accounts of a segment that is reported.
FEWEST: Final = 20


def main(paths: list[str]) -> None:
    """Print a table for each input, and how many of the sample's planted streams are found."""
    for path in (SAMPLE, *paths):
        currency = "currency" if path == SAMPLE else None
        output = OUTPUT / Path(path).stem
        run = run_backtest(ForecastRequest(path, output, Settings(model=MODELS, currency_col=currency), force=True))
        print(f"\n{path}: {run.report.facts.compared_windows} windows, 30 days, 3 of each account")
        print_leaderboard(pl.read_parquet(output / "leaderboard.parquet"), low_balance_skill(output))
        print_segments(pl.read_parquet(output / "segments.parquet"))
    found = score(7)
    print(
        f"\nPlanted streams of 4 payments or more: {found.recall:.1%} found, {found.recall_of_seen:.1%} of those that "
        f"the balance shows; of those found {found.false:.1%} false, {found.false_or_sum:.1%} not even a sum"
    )


def low_balance_skill(output: Path) -> dict[str, float]:
    """Return each model's Brier skill over the account's own base rate, for a low point below p10 within 30 days."""
    return dict(brier_scores(output, "p10").select("model", 1 - pl.col("brier") / pl.col("base")).iter_rows())


def print_leaderboard(board: pl.DataFrame, skill: dict[str, float]) -> None:
    """Print one row for each model, best first."""
    print(f"{'model':<16} {'sCRPS':>7} {'MASE':>7} {'in 80 %':>8} {'skill':>7} {'CPU ms':>9}")
    for row in board.iter_rows(named=True):
        print(
            f"{row['model']:<16} {row['scrps']:>7.4f} {row['mase']:>7.4f} {row['coverage_80']:>8.4f} "
            f"{skill[row['model']]:>7.3f} {1000 * row['cpu_seconds']:>9.3f}"
        )


def print_segments(segments: pl.DataFrame) -> None:
    """Print the segment where auto is worst relative to the seasonal naive, and its range of coverage by segment."""
    told = segments.filter(pl.col("accounts") >= FEWEST, pl.col("metric").is_in(["scrps", "coverage_80"]))
    wide = told.pivot("metric", index=["model", "segment", "segment_value", "accounts"], values="value")
    own, naive = (wide.filter(pl.col("model") == name) for name in ("auto", "SeasonalNaive"))
    both = own.join(naive, on=["segment", "segment_value"], suffix="_naive")
    ratio = both.with_columns(ratio=pl.col("scrps") / pl.col("scrps_naive")).sort("ratio", descending=True)
    worst = ratio.row(0, named=True)
    print(
        f"auto over SeasonalNaive, sCRPS: at most {worst['ratio']:.2f} in {ratio.height} segments of {FEWEST} accounts "
        f"or more ({worst['segment']} {worst['segment_value']}); its coverage of 80 % there: "
        f"{own['coverage_80'].min():.3f} to {own['coverage_80'].max():.3f}"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
