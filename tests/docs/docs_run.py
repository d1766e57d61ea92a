"""Runs commands of the docs as in a reader's shell."""

import os
import subprocess
import sys
from pathlib import Path


def run(command: list[str], where: Path, *, path: str | None = None) -> subprocess.CompletedProcess[str]:
    activated = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    names = os.environ | {"PATH": path or activated, "COLUMNS": "80"}
    return subprocess.run(command, cwd=where, env=names, capture_output=True, text=True, check=False)
