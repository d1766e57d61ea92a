"""docs/metrics.md names every metric, segment and band."""

from pathlib import Path

from forecast_cli.evaluation.facts import BANDS
from forecast_cli.evaluation.metrics import BY_LEVEL, METRICS

PAGE = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")


def test_every_metric_is_on_the_page() -> None:
    names = [*METRICS, *(f"{name}_L" for name in BY_LEVEL), "pinball_P"]
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_band_is_in_the_row_of_its_segment() -> None:
    rows = {segment: next(line for line in PAGE.splitlines() if line.startswith(f"| `{segment}`")) for segment in BANDS}
    words = {(segment, band.split(" of ")[0]) for segment, bands in BANDS.items() for band in bands}
    assert sorted(pair for pair in words if pair[1] not in rows[pair[0]] and pair[1] != "no scale") == []
    assert "`no scale`" in PAGE
