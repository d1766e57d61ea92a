"""Normal scores, and linear interpolation between known values."""

import numpy as np
import pytest

from forecast_cli.models.normal_scores import interpolate_linearly, normal_scores


def test_scores_are_the_quantiles_of_the_normal_distribution() -> None:
    assert normal_scores(np.array([0.025, 0.5, 0.9])) == pytest.approx([-1.959964, 0.0, 1.281552], abs=1e-6)


def test_values_lie_on_the_lines_between_and_beyond_those_known() -> None:
    known, values = np.array([-1.0, 0.0, 2.0]), np.array([[0.0, 1.0, 9.0], [5.0, 5.0, 5.0]])
    told = interpolate_linearly(np.array([-2.0, -0.5, 0.0, 1.0, 3.0]), known, values)
    np.testing.assert_array_equal(told, [[-1.0, 0.5, 1.0, 5.0, 13.0], [5.0] * 5])
