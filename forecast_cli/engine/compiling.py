"""The modules of compiled loops that a run's workers need, which are imported before the first account."""

import importlib
from collections.abc import Sequence
from typing import Final

from forecast_cli.models.registry import ModelChoice, finds_events

#: Loops that every run needs: over histories and over sample paths.
_EVERY: Final = ("forecast_cli.models.row_loops", "forecast_cli.risk.loops")
#: Loops of models that look for recurring payments.
_EVENTS: Final = (
    "forecast_cli.models.recurring.detect",
    "forecast_cli.models.recurring.event_loops",
    "forecast_cli.models.recurring.rest_course",
    "forecast_cli.models.recurring.reversion",
    "forecast_cli.models.pooled.loops",
)


def compiled_modules(models: Sequence[ModelChoice]) -> tuple[str, ...]:
    """Return the names of the modules with compiled loops that a run of ``models`` needs."""
    return (*_EVERY, *(_EVENTS if finds_events(models) else ()))


def compile_loops(modules: Sequence[str]) -> None:
    """Compile the loops of ``modules`` that are not in the cache on disk, which takes memory only once."""
    for module in modules:
        importlib.import_module(module)
