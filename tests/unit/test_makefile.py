"""The Makefile passes OUT on as one folder, and a leading ~ as the home folder, whatever the shell leaves of it."""

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
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert f'--output "{folder}/forecast"' in done.stdout.splitlines()[-1]
