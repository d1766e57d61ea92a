"""docs/models.md describes every model of the registry."""

import re
from pathlib import Path

from forecast_cli.models.registry import REGISTRY
from forecast_cli.models.spec import as_is

PAGE = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")


def rows_below(header: str) -> list[list[str]]:
    """Return the cells of each row of the table whose header begins with ``header``."""
    table = PAGE.split(f"\n{header}")[1].split("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def test_the_table_has_a_row_for_every_model_as_the_registry_has_it() -> None:
    found = [
        (re.findall(r"\w+", name)[0], how, cost.split(";")[0]) for name, _, _, how, cost in rows_below("| model | impl")
    ]
    expected = [(name, spec.intervals.value, f"{spec.cost_ms:g}") for name, spec in REGISTRY.items()]
    assert found == expected, "copy name, intervals and cost_ms of the models to the table of docs/models.md"


def test_every_model_has_a_section() -> None:
    lacking = [name for name in REGISTRY if name != "auto" and f"\n## {name}\n" not in PAGE]
    assert lacking == [], "give each of them a section in docs/models.md: formula, intervals, days needed, source"


def test_the_table_of_fewer_fits_has_every_model_in_one_row() -> None:
    rows = [(models.split(", "), what) for models, what in rows_below("| model | between two fits")]
    named = sorted(name for models, _ in rows for name in models)
    assert named == sorted(REGISTRY), "name each model in one row of the table below 'Fewer fits' in docs/models.md"
    kept = {name: what for models, what in rows for name in models}
    for name, spec in REGISTRY.items():
        assert kept[name].startswith("refused") == (not spec.updatable), name
        assert kept[name].startswith("nothing is kept") == (spec.make_updatable is as_is), name
