"""The Makefile passes OUT on as one folder, and a leading ~ as the home folder, whatever the shell leaves of it."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("out", "folder"),
    [
        ("~/x", "/home/me/x"),
        ("~/a  b", "/home/me/a  b"),
        ("a  b", "a  b"),
        ("a ~/b", "a ~/b"),
        ("/srv/~/x", "/srv/~/x"),
        ("~x", "~x"),
    ],
)
def test_out_is_one_folder_and_a_leading_tilde_the_home_folder(out: str, folder: str) -> None:
    command = ["make", "--dry-run", "forecast", f"OUT={out}", "HOME=/home/me"]
    # these tests may run within make, which hands its own options on
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert f'--output "{folder}/forecast"' in done.stdout
