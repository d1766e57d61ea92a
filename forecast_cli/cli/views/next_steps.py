"""Commands to copy as next steps, quoted for the shell and relative to the current folder."""

import glob
import json
import shlex
from itertools import count
from pathlib import Path

from forecast_cli.cli.program import program, python
from forecast_cli.data.files.addresses import Output
from forecast_cli.reports.escape import printable


def check_command(output: Output) -> str:
    """Return the command that checks an output."""
    return printable(f"{program()} check {shlex.quote(str(output))}")


def read_command(output: Output) -> str:
    """Return the command that prints the forecasts of an output."""
    parts = json.dumps(f"{glob.escape(str(output))}/forecasts/*.parquet", ensure_ascii=False)
    code = f"import polars as pl; print(pl.read_parquet({parts}))"
    return printable(f"{python()} -c {shlex.quote(code)}")


def risk_command(output: Output) -> str:
    """Return the command that lists the accounts of a forecast that are most likely to run low."""
    return printable(f"{program()} risk {shlex.quote(str(output))}")


def show_command(account_id: object, currency: str | None, output: Output, *, model: str | None = None) -> str:
    """Return the command that shows one account of a forecast, by the run's first model if ``model`` is None.

    An id that starts with a dash is protected by ``--``.
    """
    key = [] if currency is None else ["--currency", currency]
    by = [] if model is None else ["--model", model]
    dash = ["--"] if str(account_id).startswith("-") else []
    words = ["show", "--forecast", str(output), *by, *key, *dash, str(account_id)]
    return printable(f"{program()} {shlex.join(words)}")


def forecast_command(source: Path) -> str:
    """Return the command that forecasts a folder of balances into a new folder beside it."""
    return printable(f"{program()} forecast {shlex.quote(str(source))} --output {shlex.quote(str(_unused(source)))}")


def validate_command(source: str) -> str:
    """Return the command that shows what a run would do with an input."""
    return printable(f"{program()} validate {shlex.quote(source)}")


def _unused(source: Path) -> Path:
    named = Path.cwd().name if source.name in ("", "..") else source.name
    names = (f"{named}-forecast" + (f"-{number}" if number > 1 else "") for number in count(1))
    beside = source.parent if source.name else Path("..")
    return next(path for path in (beside / name for name in names) if not path.exists())
