"""A number of a report that may be missing: NaN in Python, null in JSON."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer


def _nan_for_none(value: Any) -> Any:
    return math.nan if value is None else value


def _none_for_nan(value: float) -> float | None:
    return value if math.isfinite(value) else None


#: Number that may be missing (such as a mean over no windows): NaN here, null in JSON, which has no NaN.
Figure = Annotated[
    float, BeforeValidator(_nan_for_none), PlainSerializer(_none_for_nan, return_type=float | None, when_used="json")
]
