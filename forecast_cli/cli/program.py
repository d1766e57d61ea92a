"""Commands that start this program and its Python again, as short as a shell in the current folder can resolve."""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

_NAME: Final = "forecast-cli"


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
