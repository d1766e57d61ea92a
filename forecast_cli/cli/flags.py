"""Options of commands: added from the groups in ``cli/options``, and read from the command's context."""

import functools
import inspect
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import typer

from forecast_cli.cli.options.declared import given_in, options_in

if TYPE_CHECKING:
    from forecast_cli.config.load import LoadedSettings

Command = Callable[..., None]


def takes(*groups: type) -> Callable[[Command], Command]:
    """Return a decorator that appends the options of ``groups`` to a command's signature, which typer reads."""

    def extend(command: Command) -> Command:
        own = inspect.signature(command, eval_str=True).parameters
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=declared)
            for group in groups
            for name, declared in options_in(group).items()
        ]

        @functools.wraps(command)
        def with_options(**values: Any) -> None:
            command(**{name: values[name] for name in own})

        signature = inspect.Signature([*own.values(), *added])
        with_options.__signature__ = signature  # type: ignore[attr-defined]
        return with_options

    return extend


def only(group: type, *names: str) -> type:
    """Return a group with the options ``names`` of ``group``."""
    return type(group.__name__, (), {name: options_in(group)[name] for name in names})


def settings_from(ctx: typer.Context) -> "LoadedSettings":
    """Return the settings in force: flags of the context, then environment, then ``--config`` file, then defaults.

    Warnings about them are written to stderr. Raises ConfigError. Call it before polars is imported: polars then starts
    as many threads as there are cores, unless ``--jobs`` has limited them.
    """
    from forecast_cli.config.load import load_settings
    from forecast_cli.config.settings import Settings

    loaded = load_settings(given_in(ctx.params, Settings.model_fields), ctx.params["config"])
    for warning in loaded.warnings:
        ctx.obj.warn(warning)
    _limit_threads(loaded.settings.jobs)
    return loaded


def _limit_threads(jobs: int | None) -> None:
    """Limit polars to ``jobs`` threads; it reads the limit once, when it is imported."""
    if jobs is not None and jobs < (os.cpu_count() or 1) and "polars" not in sys.modules:
        os.environ.setdefault("POLARS_MAX_THREADS", str(jobs))


def is_quiet(ctx: typer.Context) -> bool:
    """Return whether progress and summary are switched off."""
    return bool(ctx.params["quiet"])
