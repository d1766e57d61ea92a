"""Score auto on synthetic accounts of kinds that are rare in banks: each kind by itself, then all together.

python -m benchmarks.kinds [ACCOUNTS]
"""

import sys
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.backtested import backtested
from benchmarks.brier import brier_scores
from forecast_cli.config.settings import Settings

MODELS: Final = ("auto", "RecurringEvents", "MonthPaths", "SeasonalNaive(7)", "SeasonalNaive(30)", "Naive")
ACCOUNTS: Final = 100
DAYS: Final = 550
START: Final = date(2024, 11, 1)
#: Name for all kinds in one input.
TOGETHER: Final = "together"
_WEEKDAY: Final = (START.weekday() + np.arange(DAYS)) % 7
_DATES: Final = np.datetime64(START) + np.arange(DAYS)
_DAY: Final = (_DATES - _DATES.astype("datetime64[M]")).astype(np.int64) + 1

_Balances = NDArray[np.float64]
_Make = Callable[[np.random.Generator], _Balances]


def cards(rng: np.random.Generator) -> _Balances:
    """Return a card: purchases on most days, paid in full on one day of the month."""
    spent = rng.gamma(1, 20 * np.exp(rng.normal()), DAYS) * (rng.random(DAYS) < 0.6)
    return -_until(spent, _DAY, int(rng.integers(1, 28)))


def swept(rng: np.random.Generator) -> _Balances:
    """Return a payroll account: empty but for the day before wages are paid, on one day of the month."""
    paid = int(rng.integers(3, 28))
    wages = 20_000 * np.exp(rng.normal()) * np.exp(0.05 * rng.normal(size=DAYS))
    return np.where(paid - 1 == _DAY, wages, 0.0)


def tills(rng: np.random.Generator) -> _Balances:
    """Return a till: takings by day of the week, taken to the bank on one of them."""
    takings = rng.dirichlet(np.full(7, 5.0))[_WEEKDAY] * 3_000 * np.exp(0.3 * rng.normal(size=DAYS))
    return _until(takings, _WEEKDAY, int(rng.integers(0, 7)))


def raised(rng: np.random.Generator) -> _Balances:
    """Return a till that keeps an amount of change, which was raised on a day in the last two months."""
    since = int(rng.integers(1, 60))
    return np.asarray(tills(rng) + np.where(np.arange(DAYS) < DAYS - since, 200.0, 1_000.0))


def machines(rng: np.random.Generator) -> _Balances:
    """Return a cash machine that is filled once a week."""
    drawn = 1_000 * rng.dirichlet(np.full(7, 8.0))[_WEEKDAY] * np.exp(0.2 * rng.normal(size=DAYS))
    return 3_000 - _until(drawn, _WEEKDAY, int(rng.integers(0, 7)))


def wallets(rng: np.random.Generator) -> _Balances:
    """Return a wallet: small purchases, and a round sum added whenever less than 5 is left."""
    balance, out = 20.0, np.empty(DAYS)
    for day in range(DAYS):
        balance -= float(rng.gamma(1.5, 3)) * (rng.random() < 0.5)
        balance += 25.0 * np.ceil(max(5.0 - balance, 0.0) / 25.0)
        out[day] = balance
    return out


def savings(rng: np.random.Generator) -> _Balances:
    """Return a savings account: the same deposit every month, and occasional withdrawals."""
    put = np.where(int(rng.integers(1, 28)) == _DAY, 100.0 * rng.integers(1, 9), 0.0)
    taken = np.where(rng.random(DAYS) < 0.005, 50.0 * rng.integers(1, 9), 0.0)
    return np.asarray(2_000 + np.cumsum(put - taken))


def depots(rng: np.random.Generator) -> _Balances:
    """Return an investment whose value moves by about 1 % per day."""
    return np.asarray(10_000 * np.exp(np.cumsum(0.01 * rng.normal(size=DAYS) + 0.0002)))


def drawn(rng: np.random.Generator) -> _Balances:
    """Return an account that nothing comes into: an estate, a grant, a severance payment. Each day may draw on it."""
    return np.asarray(60_000 - np.cumsum(rng.gamma(1, 60, DAYS) * (rng.random(DAYS) < 0.5)))


def ended(rng: np.random.Generator) -> _Balances:
    """Return an account whose pay ended within the last four months, while spending goes on."""
    pay = np.where(int(rng.integers(1, 28)) == _DAY, 3_000.0, 0.0)
    pay[DAYS - int(rng.integers(40, 120)) :] = 0.0
    return np.asarray(4_000 + np.cumsum(pay - rng.gamma(1, 98, DAYS)))


KINDS: Final[Mapping[str, _Make]] = {
    make.__name__: make for make in (cards, swept, tills, raised, machines, wallets, savings, depots, drawn, ended)
}


def main(accounts: int = ACCOUNTS) -> None:
    """Print one row for each kind, and one for all in one input: auto, the best other model, and Brier scores.

    Brier scores of base rates are in parentheses.
    """
    print(f"{'kind':<10} {'auto':>6} {'best other':>25} {'in 80 %':>8} {'under p10':>16} {'under 0':>16}")
    for kind in (*KINDS, TOGETHER):
        with backtested(table_of(kind, accounts), Settings(model=MODELS)) as output:
            print(_row(kind, output), flush=True)


def table_of(kind: str, accounts: int) -> pl.DataFrame:
    """Return the daily balances of accounts of one kind, or of every kind; they are the same on every call."""
    if kind == TOGETHER:
        return pl.concat(table_of(each, accounts) for each in KINDS)
    series = [
        np.round(KINDS[kind](np.random.default_rng([row, list(KINDS).index(kind)])), 2) for row in range(accounts)
    ]
    ids = np.repeat([f"{kind}-{row:04}" for row in range(accounts)], DAYS)
    return pl.DataFrame({"account_id": ids, "date": np.tile(_DATES, accounts), "balance": np.concatenate(series)})


def _row(kind: str, output: Path) -> str:
    board = {row["model"]: row for row in pl.read_parquet(output / "leaderboard.parquet").iter_rows(named=True)}
    auto, other = board.pop("auto"), min(board.values(), key=lambda row: float(row["scrps"]))
    named = f"{other['scrps']:.3f} {other['model']}"
    low, zero = (_low(output, threshold) for threshold in ("p10", "0"))
    return f"{kind:<10} {auto['scrps']:>6.3f} {named:>25} {auto['coverage_80']:>8.3f} {low} {zero}"


def _low(output: Path, threshold: str) -> str:
    """Return auto's Brier score for a low point within 30 days, and that of the account's own base rate."""
    row = brier_scores(output, threshold).row(by_predicate=pl.col("model") == "auto", named=True)
    told = f"{row['brier']:.4f} ({row['base']:.4f})"
    return f"{told:>16}"


def _until(flow: _Balances, days: NDArray[np.int64], cleared: int) -> _Balances:
    """Return the sum of ``flow`` since it was last cleared, for each day; days with the number ``cleared`` clear it."""
    total = np.cumsum(flow)
    last = np.maximum.accumulate(np.where(days == cleared, np.arange(DAYS), -1))
    return np.asarray(total - np.where(last >= 0, total[last], 0.0))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
