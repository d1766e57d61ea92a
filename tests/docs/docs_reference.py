"""Generated parts of the docs. ``python tests/docs/docs_reference.py`` updates them."""

import os
import re
from collections.abc import Iterator
from datetime import date
from enum import Enum
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from forecast_cli.cli.app import build_app, load_all
from forecast_cli.config.settings import ENV_PREFIX, Settings, affects_output
from forecast_cli.core.exit_codes import ExitCode

ROOT = Path(__file__).parents[2]
GENERATED = re.compile(r"(?P<open><!-- (?P<what>[^>]+) -->\n).*?(?P<close><!-- end -->)", re.DOTALL)
WIDTH = "80"


def commands() -> Iterator[tuple[str, ...]]:
    """Yield every command of the tool, the root first."""
    yield ()
    for name, command in load_all().commands.items():
        yield (name,)
        yield from ((name, below) for below in getattr(command, "commands", ()))


def help_of(command: tuple[str, ...]) -> str:
    result = CliRunner(env={"COLUMNS": WIDTH}).invoke(build_app(), [*command, "--help"], prog_name="forecast-cli")
    assert result.exit_code == ExitCode.OK, result.output
    return f"```text\n{result.stdout}```\n"


def settings_table() -> str:
    rows = ["| Setting | Flag | Default | Meaning |", "|---|---|---|---|"]
    told = Settings.model_json_schema()["properties"]
    of_scores = " and ".join(_of_scores())
    for name, field in Settings.model_fields.items():
        mark = "" if any(affects_output(name, command) for command in ("forecast", "backtest")) else " †"
        mark += "" if affects_output(name, "forecast") or mark else " ‡"
        flag = f"`--{name.replace('_', '-')}`"
        rows.append(f"| `{name}`{mark} | {flag} | {_default(field.default)} | {told[name]['description']} |")
    return "\n".join(
        [
            *rows,
            "",
            "† The setting changes how a run proceeds, not what it writes. ‡ The setting applies to backtests only, "
            f"except that {of_scores} apply to `score` too.",
            f"The environment variable of a setting is `{ENV_PREFIX}` and its name in capitals.",
            "",
        ]
    )


def _of_scores() -> list[str]:
    """Return the settings that apply to backtests and scores, and not to forecasts."""
    return [
        f"`{name}`"
        for name in Settings.model_fields
        if affects_output(name, "score") and not affects_output(name, "forecast")
    ]


def _default(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case Enum():
            return f"`{value.value}`"
        case date():
            return f"`{value.isoformat()}`"
        case tuple():
            return ", ".join(map(_default, value))
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{value}`"


def generated(what: str) -> str:
    """Return the text between ``<!-- what -->`` and ``<!-- end -->``."""
    if what == "settings":
        return settings_table()
    program, *command = what.removeprefix("help: ").split()
    assert program == "forecast-cli", what
    return help_of(tuple(command))


def written_again(text: str) -> str:
    """Return a page with its generated parts updated."""
    return GENERATED.sub(lambda found: found["open"] + generated(found["what"]) + found["close"], text)


def pages() -> list[Path]:
    """Return all pages for readers of the project."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


if __name__ == "__main__":
    os.environ["COLUMNS"] = WIDTH
    for page in pages():
        before = page.read_text(encoding="utf-8")
        if written_again(before) != before:
            page.write_text(written_again(before), encoding="utf-8")
