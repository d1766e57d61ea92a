"""Imports that leave out what is only looked at."""

import importlib
import sys
from types import ModuleType


def import_without(unwanted: str, module: str) -> ModuleType:
    """Import ``module`` as where ``unwanted``, which it can do without, is not installed; unless it is loaded already.

    For one thread at a time, none of which imports ``unwanted`` meanwhile.
    """
    if unwanted in sys.modules:
        return importlib.import_module(module)
    sys.modules[unwanted] = None  # type: ignore[assignment]
    try:
        return importlib.import_module(module)
    finally:
        del sys.modules[unwanted]
