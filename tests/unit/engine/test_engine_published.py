"""Quantiles of levels that a run did not publish, from those it did."""

import polars as pl
import pytest

from forecast_cli.engine.published import with_levels


def test_quantiles_between_those_published_lie_on_straight_lines() -> None:
    """The 30th percentile lies half way from the 10th to the median, the 60th a quarter of the way to the 90th."""
    rows = pl.DataFrame({"lo_80": [0.0], "median": [10.0], "hi_80": [18.0]})
    found = with_levels(rows, (80.0,), (20.0, 40.0, 80.0))
    assert found.select("lo_80", "lo_40", "lo_20", "median", "hi_20", "hi_40", "hi_80").row(0) == pytest.approx(
        (0.0, 5.0, 7.5, 10.0, 12.0, 14.0, 18.0)
    )
    assert found.select(rows.columns).equals(rows), "what was published stays as it is"


def test_quantiles_that_agree_have_nothing_between_them() -> None:
    rows = pl.DataFrame({"lo_80": [0.1], "median": [0.1], "hi_80": [0.1]})
    assert set(with_levels(rows, (80.0,), (20.0, 40.0, 60.0, 80.0)).row(0)) == {0.1}
