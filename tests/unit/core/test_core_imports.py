"""Imports without optional packages: as if these were not installed, and undone afterwards."""

import importlib
import sys
from pathlib import Path

import pytest

from forecast_cli.core.imports import import_without

WANTED = """
try:
    import heavy_one
except ImportError:
    heavy_one = None
"""


@pytest.fixture(autouse=True)
def _modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "heavy_one.py").write_text("")
    (tmp_path / "wanted_one.py").write_text(WANTED)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("heavy_one", "wanted_one"):
        monkeypatch.delitem(sys.modules, name, raising=False)


def test_a_module_is_imported_as_where_the_unwanted_one_is_not_installed() -> None:
    assert import_without("heavy_one", "wanted_one").heavy_one is None
    assert "heavy_one" not in sys.modules
    assert importlib.import_module("heavy_one")


def test_what_is_loaded_already_is_no_longer_left_out() -> None:
    loaded = importlib.import_module("heavy_one")
    assert import_without("heavy_one", "wanted_one").heavy_one is loaded


def test_the_unwanted_one_can_be_imported_after_an_import_that_failed() -> None:
    with pytest.raises(ImportError):
        import_without("heavy_one", "missing_one")
    assert importlib.import_module("heavy_one")
