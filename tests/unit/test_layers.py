"""Rooms import only lower ones, and heavy packages are imported only where allowed."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "forecast_cli"

#: From the ground up; a room may import itself and what stands below it.
ROOMS = (
    "core",
    "config",
    "data",
    "models",
    "risk",
    "evaluation",
    "store",
    "engine",
    "reports",
    "workflows",
    "cli",
)
MODULES = sorted(PACKAGE.rglob("*.py"))


@cache
def parsed(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


@cache
def imports_of(module: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return frozenset(found)


def room_of(module: Path) -> str | None:
    parts = module.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else None


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_room_imports_a_higher_one(module: Path) -> None:
    room = room_of(module)
    if room is None:
        assert module.name in {"__init__.py", "__main__.py"}, "a module outside every room"
        return
    height = ROOMS.index(room)
    found = {name.split(".")[1] for name in imports_of(module) if name.startswith("forecast_cli.")}
    higher = {name for name in found if name in ROOMS and ROOMS.index(name) > height}
    assert not higher


def test_every_room_is_a_known_one() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= set(ROOMS)


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("statsforecast", {"models"}),
        ("numba", {"models"}),
        ("rich", {"cli", "reports"}),
        ("typer", {"cli"}),
        ("pyarrow", {"data", "store"}),
        ("plotext", {"reports"}),
        ("filelock", {"store"}),
        ("obstore", {"store"}),
        ("pyspark", {"engine"}),
        ("ray", {"engine"}),
    ],
)
def test_a_package_is_imported_in_its_rooms_only(package: str, rooms: set[str]) -> None:
    importers = {
        room_of(module) for module in MODULES if any(name.split(".")[0] == package for name in imports_of(module))
    }
    assert importers <= rooms


@pytest.mark.parametrize("package", ["statsforecast", "numba", "pyspark", "ray"])
def test_a_package_has_one_importer(package: str) -> None:
    importers = [module for module in MODULES if any(name.split(".")[0] == package for name in imports_of(module))]
    assert len(importers) == 1


def test_compiled_code_uses_nothing_of_other_modules_of_ours() -> None:
    """What is kept on disk is compiled anew when its own file has changed, and knows of no other."""
    strangers = []
    for module in MODULES:
        tree = parsed(module)
        ours = {
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("forecast_cli.")
            for alias in node.names
        }
        for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
            made = [
                getattr(one.func if isinstance(one, ast.Call) else one, "id", "") for one in function.decorator_list
            ]
            if {"kernel", "part"} & set(made):
                used = {node.id for line in function.body for node in ast.walk(line) if isinstance(node, ast.Name)}
                strangers += [f"{module.name}: {function.name} uses {name}" for name in used & ours]
    assert strangers == []


def test_nothing_prints_outside_the_rooms_that_show() -> None:
    printers = [
        module
        for module in MODULES
        if room_of(module) not in {"cli", "reports"}
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
    ]
    assert not printers


def test_no_name_is_a_word_that_says_nothing() -> None:
    says_nothing = re.compile(r"(^|_)(handle[rs]?|manager|helpers?|utils?|data2)(_|$)|^_*do_", re.IGNORECASE)
    names = [
        (module.name, name)
        for module in MODULES
        for name in (
            module.stem,
            *(node.name for node in ast.walk(parsed(module)) if isinstance(node, ast.FunctionDef | ast.ClassDef)),
        )
        if says_nothing.search(name) or re.search(r"(Handler|Manager|Helper|Utils?)$", name)
    ]
    assert names == []
