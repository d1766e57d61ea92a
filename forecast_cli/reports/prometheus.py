"""Text format of Prometheus: gauges with their help texts and samples."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from forecast_cli.reports.escape import printable

_PREFIX: Final = "forecast_cli_"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})


@dataclass(frozen=True)
class Sample:
    """A value of a gauge, and the labels that distinguish it from the gauge's other samples."""

    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Gauge:
    """A gauge; ``says`` is its help text."""

    name: str
    says: str
    samples: tuple[Sample, ...]


def gauge(name: str, says: str, value: float | None, **labels: str) -> Gauge:
    """Return a gauge with one sample, or none if ``value`` is None."""
    return Gauge(name, says, () if value is None else (Sample(value, labels),))


def render_gauges(gauges: Iterable[Gauge], labels: Mapping[str, str]) -> str:
    """Return gauges as a text file, with ``labels`` added to every sample; values that are not finite are left out."""
    finite = (replace(one, samples=tuple(each for each in one.samples if math.isfinite(each.value))) for one in gauges)
    return "".join(_render(one, labels) for one in finite if one.samples)


def _render(one: Gauge, labels: Mapping[str, str]) -> str:
    name = f"{_PREFIX}{one.name}"
    head = [f"# HELP {name} {one.says}", f"# TYPE {name} gauge"]
    lines = [f"{name}{_labels({**labels, **sample.labels})} {sample.value:.16g}" for sample in one.samples]
    return "".join(f"{line}\n" for line in [*head, *lines])


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{printable(value).translate(_ESCAPES)}"' for name, value in labels.items()) + "}"
