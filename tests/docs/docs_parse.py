"""Has the tool's own parser read commands of the docs, without running them."""

import re

from test_docs_cli import starts

from forecast_cli.cli.app import load_all


def parse(words: list[str]) -> None:
    """Have the tool's own parser read a command line, without running it; raises where it would exit with 2."""
    command = load_all()
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    assert not words or not hasattr(command, "commands") or words == ["--version"], f"no such command: {words}"
    if words not in (["--help"], ["--version"]):
        command.make_context("forecast-cli", list(words))


def parse_all(script: str) -> int:
    """Parse every start of the tool in a script; return how many there are."""
    script = re.sub(r"\$\([^)]*\)|\{\{[^}]*\}\}", "2026-11-25", script.replace(r"\%", "%").replace("%%", "%"))
    found = [words for line in script.splitlines() for words in starts(re.sub(r"2>>? ?\S+", "", line), "forecast-cli")]
    for words in found:
        parse(words)
    return len(found)
