"""Commands to copy as next steps, quoted for the shell and relative to the current folder."""

import glob
import json
import shlex
from itertools import count
from pathlib import Path

from forecast_cli.cli.program import program, python
from forecast_cli.data.files.addresses import Output
from forecast_cli.reports.escape import printable


def tool_command(*words: object) -> str:
    """Return a command of this tool, such as ``check`` and an output."""
    return printable(f"{program()} {shlex.join(map(str, words))}")


def read_command(output: Output, table: str) -> str:
    """Return the command that prints a table of an output; ``table`` is a file or a glob."""
    path = json.dumps(f"{glob.escape(str(output))}/{table}", ensure_ascii=False)
    code = f"import polars as pl; print(pl.read_parquet({path}))"
    return printable(f"{python()} -c {shlex.quote(code)}")


def show_command(account_id: object, currency: str | None, output: Output, *, model: str | None = None) -> str:
    """Return the command that shows one account of a forecast, by the run's first model if ``model`` is None.

    An id that starts with a dash is protected by ``--``.
    """
    key = [] if currency is None else ["--currency", currency]
    by = [] if model is None else ["--model", model]
    dash = ["--"] if str(account_id).startswith("-") else []
    return tool_command("show", "--forecast", output, *by, *key, *dash, account_id)


def forecast_command(source: Path) -> str:
    """Return the command that forecasts a folder of balances into a new folder beside it."""
    return tool_command("forecast", source, "--output", _unused(source))


def _unused(source: Path) -> Path:
    named = Path.cwd().name if source.name in ("", "..") else source.name
    names = (f"{named}-forecast" + (f"-{number}" if number > 1 else "") for number in count(1))
    beside = source.parent if source.name else Path("..")
    return next(path for path in (beside / name for name in names) if not path.exists())
