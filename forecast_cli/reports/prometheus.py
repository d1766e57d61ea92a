"""Figures of a run in the text format that Prometheus reads: one gauge a name, with what it says and its samples."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from forecast_cli.reports.escape import printable

_PREFIX: Final = "forecast_cli_"
_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\""})


@dataclass(frozen=True)
class Sample:
    """One value, and the labels that tell it from others of its gauge."""

    value: float
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Gauge:
    """A figure by name; ``says`` is its help."""

    name: str
    says: str
    samples: tuple[Sample, ...]


def gauge(name: str, says: str, value: float | None, **labels: str) -> Gauge:
    """Return a gauge of one sample, of none where there is no value."""
    return Gauge(name, says, () if value is None else (Sample(value, labels),))


def render_gauges(gauges: Iterable[Gauge], labels: Mapping[str, str]) -> str:
    """Return gauges as a text file, each sample with ``labels`` too; what could not be had is left out."""
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
