"""Imports of modules without their optional dependencies."""

import importlib
import sys
from types import ModuleType


def import_without(unwanted: str, module: str) -> ModuleType:
    """Import ``module`` as if its optional dependency ``unwanted`` were not installed.

    If ``unwanted`` is already loaded, this is an ordinary import. Not thread-safe: no other thread may import
    ``unwanted`` or call this function at the same time.
    """
    if unwanted in sys.modules:
        return importlib.import_module(module)
    sys.modules[unwanted] = None  # type: ignore[assignment]
    try:
        return importlib.import_module(module)
    finally:
        del sys.modules[unwanted]
