"""Text format of Prometheus: gauges with their help texts and samples."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from forecast_cli.reports.escape import printable

_PREFIX: Final = "forecast_cli_"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})


@dataclass(frozen=True)
class Gauge:
    """A gauge; ``says`` is its help text. ``samples`` are its values, each with the labels that distinguish it."""

    name: str
    says: str
    samples: Sequence[tuple[float, Mapping[str, str]]]


def gauge(name: str, says: str, value: float | None) -> Gauge:
    """Return a gauge with one sample without labels of its own, or none if ``value`` is None."""
    return Gauge(name, says, [] if value is None else [(value, {})])


def render_gauges(gauges: Iterable[Gauge], labels: Mapping[str, str]) -> str:
    """Return gauges as a text file, with ``labels`` added to every sample; values that are not finite are left out."""
    finite = (replace(one, samples=[each for each in one.samples if math.isfinite(each[0])]) for one in gauges)
    return "".join(_render(one, labels) for one in finite if one.samples)


def _render(one: Gauge, labels: Mapping[str, str]) -> str:
    name = f"{_PREFIX}{one.name}"
    head = [f"# HELP {name} {one.says}", f"# TYPE {name} gauge"]
    lines = [f"{name}{_labels({**labels, **own})} {value:.16g}" for value, own in one.samples]
    return "".join(f"{line}\n" for line in [*head, *lines])


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{printable(value).translate(_ESCAPES)}"' for name, value in labels.items()) + "}"
