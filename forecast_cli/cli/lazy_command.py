"""Commands that are imported when they are called; until then only their names and help lines are known."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command


class LazyCommand(TyperCommand):
    """Placeholder for the command ``<name>`` or the group ``<name>_app`` in the module ``cli/commands/<name>.py``."""

    def load(self) -> Any:
        """Import the command and return it."""
        module = import_module(f"forecast_cli.cli.commands.{self.name}")
        group = getattr(module, f"{self.name}_app", None)
        return get_command(group() if group else _single_command_app(getattr(module, str(self.name))))

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Import the command and parse its arguments; running, help and completion then use the imported command."""
        return self.load().make_context(info_name, args, parent, **extra)


def _single_command_app(command: Any) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(command)
    return app
