"""Whole screens: each folder of ``tests/golden`` has commands, and the output and exit codes that they must have.

``make golden`` writes the output and the exit codes again.
"""

import difflib
import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from cli_harness import Outcome, run_in_process
from golden_inputs import fix_environment, write_inputs

GOLDEN = Path(__file__).parents[1] / "golden"
CASES = sorted(path for path in GOLDEN.iterdir() if path.is_dir())
#: What differs between runs or between versions of libraries, and what takes its place.
VARYING = (
    (r"([ (]) *\d[\d.,]* (bytes|[KMGT]B)\b", r"\1<size>"),
    (r'"bytes": \d+', '"bytes": "<size>"'),
    (r"\b[0-9a-f]{64}\b", "<sha256>"),
    (r"(Done in|, after) (under )?\d[\w. ]*? s\b", r"\1 <time>"),
    (r"(?m)^(\d+ .* %) +[\d.e-]+$", r"\1 <cpu>"),
    (r"(?m)^(  [a-z-]+ +)\d+(\.\d+)+$", r"\1<version>"),
    (r"(?m)^(  tables +)\d+$", r"\1<version>"),
    ("\x1b", r"\\x1b"),  # so that a difference of colours can be read
)


@pytest.fixture(scope="module")
def inputs(undrawn: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with all that a command may name. Look, do not touch."""
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


def command_lines(case: Path) -> Iterator[tuple[dict[str, str], list[str]]]:
    """Yield the variables and the words of each command line of a case."""
    for line in (case / "command").read_text(encoding="utf-8").splitlines():
        words = shlex.split(line)
        at = words.index("forecast-cli")
        yield dict(word.split("=", 1) for word in words[:at]), words[at + 1 :]


def run_case(case: Path) -> Iterator[Outcome]:
    for variables, words in command_lines(case):
        with pytest.MonkeyPatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(name, value)
            yield run_in_process(*words)


def settled(text: str) -> str:
    for pattern, stands_for_it in VARYING:
        text = re.sub(pattern, stands_for_it, text)
    return text


def golden_files(case: Path) -> dict[str, str]:
    """Run the commands of a case in the current folder and return its golden files by name."""
    outcomes = list(run_case(case))
    return {
        "stdout": settled("".join(outcome.out for outcome in outcomes)),
        "stderr": settled("".join(outcome.err for outcome in outcomes)),
        "exit_code": "".join(f"{outcome.exit_code:d}\n" for outcome in outcomes),
    }


def differences(case: Path, found: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of a unified diff from the golden files to what was found."""
    for name, text in found.items():
        before = (case / name).read_bytes().decode()
        label = f"{case.name}/{name}"
        yield from difflib.unified_diff(before.split("\n"), text.split("\n"), label, f"{label} now", lineterm="")


def complaint(case: Path, found: Mapping[str, str]) -> str:
    """Return what is wrong with the golden files of a case, and what to do; empty if nothing is wrong."""
    missing = [name for name in found if not (case / name).exists()]
    if missing:
        return f"{case}: has no {' and no '.join(missing)}; write it with: make golden"
    changed = list(differences(case, found))
    return "\n".join([*changed, "if this is intended, write it with: make golden"]) if changed else ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_command_says_what_its_golden_files_say(
    case: Path, inputs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (case / "command").exists():
        pytest.fail(f"{case}: has no command; add one or remove the folder, then run: make golden", pytrace=False)
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    for config in case.glob("*.toml"):
        shutil.copy(config, tmp_path)
    monkeypatch.chdir(tmp_path)
    fix_environment(monkeypatch)
    found = golden_files(case)
    if os.environ.get("GOLDEN_REWRITE"):
        for name, text in found.items():
            (case / name).write_bytes(text.encode())
    if wrong := complaint(case, found):
        pytest.fail(wrong, pytrace=False)
