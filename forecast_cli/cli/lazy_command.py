"""Commands that are imported when they are called: until then only their names and help lines are known."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand
from typer.main import get_command


class LazyCommand(TyperCommand):
    """A command, or a group of them that its ``<name>_app`` makes, in the module of its name in ``cli/commands``."""

    def load(self) -> Any:
        """Return the command itself."""
        module = import_module(f"forecast_cli.cli.commands.{self.name}")
        group = getattr(module, f"{self.name}_app", None)
        return get_command(group() if group else _alone(getattr(module, str(self.name))))

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse what the command itself takes: who runs, explains or completes it goes on with that command."""
        return self.load().make_context(info_name, args, parent, **extra)


def _alone(command: Any) -> typer.Typer:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(command)
    return app
