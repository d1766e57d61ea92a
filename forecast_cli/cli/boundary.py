"""The error boundary: the one place where errors become messages and exit codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from forecast_cli.cli.messages import Log, log_of
from forecast_cli.cli.problems import problem_of
from forecast_cli.cli.streams import reader_has_left, writing_to_stdout
from forecast_cli.core.exit_codes import ExitCode


class LightCommand(TyperCommand):
    """A command; typer writes its ``--help`` by itself, while it parses."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the options; a full stdout is called by its name."""
        with writing_to_stdout():
            return super().make_context(info_name, args, parent, **extra)


class LightGroup(TyperGroup):
    """A group of commands that leaves the heavy packages alone until a command wants them."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the options before the command; a full stdout is called by its name."""
        with writing_to_stdout():
            return super().make_context(info_name, args, parent, **extra)

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the group's options, its flags switched off: to read None for a flag, typer would load pydantic."""
        params = super().get_params(ctx)
        for param in params:
            if getattr(param, "is_flag", False) and param.default is None:
                param.default = False
        return params


class BoundaryGroup(LightGroup):
    """The root command. Nothing but an exit leaves it, whether run by ``app()`` or by a test."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Parse the options before the command; the log stands in ``ctx.obj`` for every command below."""
        log = log_of(args)
        with boundary(log):
            return super().make_context(info_name, args, parent, obj=log, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with boundary(ctx.obj):
            return super().invoke(ctx)


@contextmanager
def boundary(log: Log) -> Iterator[None]:
    """Turn whatever is raised inside into a message and ``typer.Exit``; exits pass through."""
    try:
        yield
    except (typer.Exit, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001  polars panics and signals are no Exception
        if isinstance(error, BrokenPipeError) and reader_has_left():  # typer writes --help and --version by itself
            raise typer.Exit(ExitCode.OK) from None
        problem = problem_of(error)
        log.fail(problem)
        raise typer.Exit(problem.exit_code) from None
