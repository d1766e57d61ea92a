"""Compiled loops work without a cache on disk, and give the same results as plain Python."""

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pytest

from forecast_cli.models.compiled import kernel

STREAMS = """
import numpy as np, polars as pl
from forecast_cli.data.panel import Panel
from forecast_cli.models.recurring.detect import find_streams

rng = np.random.default_rng(3)
flow = -np.round(rng.uniform(5, 60, (2, 400)), 2) * (rng.random((2, 400)) < 0.4)
flow[0, 6::14] += 1200.5
flow[1, 3::7] -= np.round(rng.uniform(18, 22, 57), 2)
y = 500 + np.cumsum(flow, axis=1)
panel = Panel(pl.Series(["A", "B"]), y, np.array([400, 400]), np.array(["2026-01-31"] * 2, dtype="datetime64[D]"))
streams = find_streams(panel)
print([getattr(streams, name).tolist() for name in ("row", "cycle", "rule", "amount", "strength", "alive", "spread")])
print(streams.explained.tobytes().hex())
"""

AHEAD = (
    STREAMS
    + """
from forecast_cli.models.base import Forecast
from forecast_cli.models.checks import account_facts
from forecast_cli.models.pooled.features import compute_features
from forecast_cli.models.pooled.outlook import forecast_outlook
from forecast_cli.risk.panel_lows import panel_lows
from forecast_cli.models.path_levels import PATH_LEVELS

outlook, knots = forecast_outlook(panel, 30), np.array([1, 3, 7, 14, 30])
print(outlook.path.tobytes().hex(), outlook.sd.tobytes().hex())
print(account_facts(panel).volatility.tobytes().hex(), outlook.scale.tobytes().hex())
print(compute_features(panel, outlook, knots).tobytes().hex(), outlook.moved.tobytes().hex())
quantiles = outlook.path[:, :, None] + outlook.sd[:, :, None] * np.linspace(-2.0, 2.2, 2 * len(PATH_LEVELS) + 1)
forecast = Forecast(outlook.path, quantiles, PATH_LEVELS)
risk = panel_lows(panel, {"own": forecast}, np.array([[400.0, 600.0], [0.0, np.nan]]))["own"]
print([getattr(risk, name).tobytes().hex() for name in vars(risk)])
"""
)


#: Histories of other lengths and origins, one dead, one too large for single precision; a day and three months ahead.
ODD = """
import numpy as np, polars as pl
from forecast_cli.data.panel import Panel
from forecast_cli.models.base import Forecast
from forecast_cli.models.pooled.outlook import forecast_outlook
from forecast_cli.models.recurring.detect import find_streams
from forecast_cli.risk.panel_lows import panel_lows
from forecast_cli.models.path_levels import PATH_LEVELS

lengths, rng = np.array([1, 2, 3, 31, 59, 60, 200, 200, 200]), np.random.default_rng(5)
y = np.full((9, 200), np.nan)
for row, days in enumerate(lengths):
    y[row, 200 - days :] = np.cumsum(np.round(rng.normal(0, 40, days), 2) * (rng.random(days) < 0.3)) + 900.25
y[7], y[8] = 12.5, y[8] * 1e45
origins = np.array(["2026-01-31", "2026-02-01", "2026-03-31"] * 3, dtype="datetime64[D]")
panel = Panel(pl.Series([f"A{row}" for row in range(9)]), y, lengths, origins)
print(find_streams(panel).explained.tobytes().hex())
for h in (1, 90):
    outlook = forecast_outlook(panel, h)
    print(outlook.path.tobytes().hex(), outlook.sd.tobytes().hex())
    quantiles = outlook.path[:, :, None] + outlook.sd[:, :, None] * np.linspace(-2.0, 2.2, 2 * len(PATH_LEVELS) + 1)
    forecast = Forecast(outlook.path, quantiles, PATH_LEVELS)
    risk = panel_lows(panel, {"own": forecast}, np.zeros((9, 1)))["own"]
    print([getattr(risk, name).tobytes().hex() for name in vars(risk)])
"""


def test_what_cannot_be_kept_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch):
    importlib.import_module("forecast_cli.risk.loops")  # at the first kernel numba has parts of its own to compile
    real, asked = numba.njit, []

    def refuses(*types: Any, cache: bool = False, **options: Any) -> Callable[..., Any]:
        asked.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available for file")
        return real(*types, **options)

    monkeypatch.setattr(numba, "njit", refuses)

    @kernel((np.float64, 1))
    def total(values: np.ndarray) -> float:
        out = 0.0
        for value in values:
            out += value
        return out

    assert asked == [True, False]
    assert total(np.arange(4.0)) == 6.0


def said(program: str, **variables: str) -> str:
    names = {**os.environ, **variables}
    return subprocess.run([sys.executable, "-c", program], env=names, capture_output=True, text=True, check=True).stdout


def test_numbers_are_those_of_plain_python():
    compiled, slow = said(AHEAD), said(AHEAD, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="ignore")
    assert "1200.5" in compiled
    assert compiled == slow


def test_plain_python_finds_no_place_beyond_an_array_for_histories_of_any_length():
    compiled, slow = said(ODD), said(ODD, NUMBA_DISABLE_JIT="1", PYTHONWARNINGS="ignore")
    assert len(compiled.splitlines()) == 5
    assert compiled == slow
