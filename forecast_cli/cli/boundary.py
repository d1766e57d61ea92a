"""Error boundary: the only place where exceptions become messages and exit codes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from forecast_cli.cli.messages import Log, log_of
from forecast_cli.cli.problems import problem_of
from forecast_cli.cli.streams import write_err
from forecast_cli.core.exit_codes import ExitCode


class LightGroup(TyperGroup):
    """Group of commands that does not import heavy packages before a command needs them."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the group's options, with the None defaults of flags set to False: for None, typer loads pydantic."""
        params = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False) and param.default is None:
                param.default = False
        return params


class BoundaryGroup(LightGroup):
    """Root command, from which no exception but an exit escapes, whether it is run by ``app()`` or by a test."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the options before the command, and put the log into ``ctx.obj`` for all commands."""
        log = log_of(args)
        with boundary(log):
            return super().make_context(info_name, args, parent, obj=log, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command inside the error boundary."""
        with boundary(ctx.obj):
            return super().invoke(ctx)


def group_app(callback: Callable[[typer.Context], None], **commands: Callable[..., None]) -> typer.Typer:
    """Return a group of ``commands`` by name; ``callback`` has its help, and runs before the command."""
    app = typer.Typer(add_completion=False, cls=LightGroup, rich_markup_mode=None, invoke_without_command=True)
    app.callback()(callback)
    for name, command in commands.items():
        app.command(name)(command)
    return app


def show_help_if_alone(ctx: typer.Context) -> None:
    """Write a group's help to stderr and exit with 2 if no command of it is named."""
    if ctx.invoked_subcommand is None:
        write_err(f"{ctx.get_help()}\n")
        raise typer.Exit(ExitCode.USAGE)


@contextmanager
def boundary(log: Log) -> Iterator[None]:
    """Report any exception of the block and raise ``typer.Exit`` with its exit code; exits pass through."""
    try:
        yield
    except (typer.Exit, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  panics of polars and signals do not derive from Exception
        problem = problem_of(error)
        log.fail(problem)
        raise typer.Exit(problem.exit_code) from None
