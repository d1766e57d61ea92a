"""docs/metrics.md names every metric, segment and band."""

import re
from pathlib import Path

from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.metrics import BY_LEVEL, METRICS, is_error, is_in_units

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
NAMES = [*METRICS, *(f"{name}_L" for name in BY_LEVEL), "pinball_P"]


def test_every_metric_is_in_the_table_with_whether_lower_is_better() -> None:
    table = PAGE.split("| metric | what it is | lower is better |")[1].split("\n\n")[0]
    cells = [re.split(r"(?<!\\)\|", line) for line in table.splitlines()[2:]]
    lower = {name: line[3].strip() == "yes" for line in cells for name in re.findall(r"`(\w+)`", line[1])}
    assert lower == {name: is_error(name) for name in NAMES}


def test_the_metrics_in_units_of_the_balance_are_listed() -> None:
    listed = PAGE.split("the metrics in units of the balance are null:")[1].split(".")[0]
    assert set(re.findall(r"`(\w+)`", listed)) == {name for name in NAMES if is_in_units(name)}


def test_every_band_is_in_the_row_of_its_segment() -> None:
    rows = {segment: next(line for line in PAGE.splitlines() if line.startswith(f"| `{segment}`")) for segment in BANDS}
    words = {(segment, band.split(" of ")[0]) for segment, bands in BANDS.items() for band in bands}
    assert sorted(pair for pair in words if pair[1] not in rows[pair[0]] and pair[1] != "no scale") == []
    assert "`no scale`" in PAGE
