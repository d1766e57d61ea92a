"""The docs match the code: help, settings, config blocks and command lines."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from docs_reference import ROOT, commands, pages, written_again

from forecast_cli.cli.app import load_all
from forecast_cli.config.load import load_settings
from forecast_cli.config.settings import Settings
from forecast_cli.core.exit_codes import ExitCode
from forecast_cli.models.registry import parse_model

CONFIGS = sorted((ROOT / "configs").glob("*.toml"))
FENCE = re.compile(r"^```(?P<kind>\w+)\n(?P<text>.*?)^```", re.DOTALL | re.MULTILINE)
SHELLS = {"sh", "bash", "shell", "console"}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(page: Path, *kinds: str) -> Iterator[str]:
    for block in FENCE.finditer(page.read_text(encoding="utf-8")):
        if block["kind"] in kinds:
            yield block["text"]


def command_lines(page: Path, program: str) -> list[list[str]]:
    """The arguments of every start of ``program`` in a page's shell blocks; of a console, the lines after ``$``."""
    scripts = "\n".join(blocks(page, *SHELLS - {"console"}))
    typed = re.findall(r"^\$ (.*(?:\\\n.*)*)", "\n".join(blocks(page, "console")), re.MULTILINE)
    lines = "\n".join([scripts, *typed]).replace("\\\n", " ").splitlines()
    return [started for line in lines if program in line for started in starts(line, program)]


def starts(line: str, program: str) -> Iterator[list[str]]:
    """The arguments of every start of ``program`` in a line of shell."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words = list(lexer)
    ends = [*(place for place, word in enumerate(words) if set(word) <= set("();<>|&")), len(words)]
    for place, word in enumerate(words):
        if Path(word).name == program:
            yield words[place + 1 : min(end for end in ends if end > place)]


@pytest.fixture(autouse=True)
def _narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_generated_parts_are_what_the_code_says(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == written_again(text), "write them again: python tests/docs/docs_reference.py"


def test_every_command_is_documented_with_its_help() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    missing = [
        command for command in commands() if f"<!-- help: {' '.join(['forecast-cli', *command])} -->" not in text
    ]
    assert missing == []


def test_every_exit_code_is_documented() -> None:
    text = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")
    rows = {int(code) for code in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)}
    assert rows == set(ExitCode)


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"| `{name}`" not in text] == []


@pytest.mark.parametrize("config", CONFIGS, ids=name_of)
def test_every_config_loads_with_models_there_are(config: Path) -> None:
    settings = load_settings({}, config).settings
    for model in settings.model:
        parse_model(model, settings.season_length)


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_config_block_is_valid(page: Path) -> None:
    for block in blocks(page, "toml"):
        Settings.model_validate(tomllib.loads(block))


@pytest.mark.parametrize("page", [*pages(), *CONFIGS], ids=name_of)
def test_every_command_line_names_what_there_is(page: Path) -> None:
    root = load_all()
    lines = command_lines(page, "forecast-cli") if page.suffix == ".md" else commented_commands(page)
    for words in lines:
        command, rest = root, words
        while rest and rest[0] in getattr(command, "commands", {}):
            command, rest = command.commands[rest[0]], rest[1:]
        known = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)} | {"-h", "--help"}
        used = {word.partition("=")[0] for word in rest if word.startswith("-")}
        assert used <= known, words
        assert rest == [] or not hasattr(command, "commands") or rest[0].startswith("-"), f"no such command: {words}"


def test_the_readme_shows_the_main_commands_and_targets() -> None:
    shown = {words[0] for words in command_lines(ROOT / "README.md", "forecast-cli") if words}
    assert {"forecast", "validate", "check"} <= shown
    assert {"forecast", "test"} <= {words[0] for words in command_lines(ROOT / "README.md", "make") if words}


def commented_commands(config: Path) -> list[list[str]]:
    comments = re.findall(
        r"^# +(forecast-cli .*|.*: forecast-cli .*)", config.read_text(encoding="utf-8"), re.MULTILINE
    )
    return [started for comment in comments for started in starts(comment, "forecast-cli")]


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_make_target_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for words in command_lines(page, "make") for word in words[:1] if re.fullmatch(r"[a-z-]+", word)}
    assert named <= targets
