"""Loops are compiled before the first account, and only those that a model needs."""

import subprocess
import sys
from pathlib import Path

import pytest

import forecast_cli
from forecast_cli.engine.compiling import compiled_modules
from forecast_cli.models.registry import parse_model

PACKAGE = Path(forecast_cli.__file__).parent
LOADED = """
import sys
from forecast_cli.engine.compiling import compile_loops
compile_loops(sys.argv[1:])
print(*(name for name in sys.modules if name.startswith("forecast_cli.")))
"""


def with_loops() -> set[str]:
    """Find the modules that have compiled functions."""
    told = "models.compiled import kernel"
    found = (path for path in PACKAGE.rglob("*.py") if told in path.read_text(encoding="utf-8"))
    return {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts) for path in found}


def loaded_by(model: str) -> set[str]:
    modules = compiled_modules([parse_model(model, ())])
    said = subprocess.run([sys.executable, "-c", LOADED, *modules], capture_output=True, text=True, check=True).stdout
    return set(said.split())


@pytest.mark.parametrize("model", ["auto", "RecurringEvents"])
def test_all_loops_are_compiled_for_models_that_look_for_payments(model: str) -> None:
    assert with_loops() <= loaded_by(model)


def test_other_models_have_those_of_every_run_alone() -> None:
    assert with_loops() & loaded_by("Naive") == {"forecast_cli.models.row_loops", "forecast_cli.risk.loops"}
