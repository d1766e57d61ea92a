"""Reports of backtests are about their figures here; their charts are drawn by the tests of reports."""

import pytest


@pytest.fixture(scope="module", autouse=True)
def _undrawn(undrawn: None) -> None:
    """Draw no chart."""
