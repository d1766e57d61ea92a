"""Commands to copy as next steps, quoted for the shell, as short as one in the current folder can resolve them."""

import glob
import json
import os
import shlex
import shutil
import sys
from itertools import count
from pathlib import Path
from typing import Final

from forecast_cli.data.files.addresses import Output
from forecast_cli.reports.escape import printable

_NAME: Final = "forecast-cli"


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


def program() -> str:
    """Return the command that starts this tool, quoted for a shell: its name if PATH resolves to it, else its path."""
    started = sys.argv[0]
    if Path(started).stem == _NAME and Path(started).exists():
        return _shortest_command(started, Path(started).name)
    return f"{python()} -m forecast_cli"


def python() -> str:
    """Return the command that starts the Python running this tool, quoted for a shell."""
    return _shortest_command(sys.executable, "python")


def _shortest_command(path: str, name: str) -> str:
    on_path = shutil.which(name)
    if on_path is not None and _is_same(on_path, path):
        return name
    return shlex.quote(_shorter(path))


def _is_same(one: str, other: str) -> bool:
    """Return whether two paths are the same, links not followed.

    The Python of a virtual environment is a link to one without its packages.
    """
    return Path(one).absolute() == Path(other).absolute()


def _shorter(path: str) -> str:
    """Return the relative or the absolute path, whichever is shorter, always with a slash so that a shell runs it."""
    absolute, relative = str(Path(path).absolute()), os.path.relpath(path)
    if "/" not in relative:
        relative = f"./{relative}"
    return min(relative, absolute, key=len)
