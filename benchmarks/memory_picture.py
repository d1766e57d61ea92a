"""Chart of the memory of runs over time, scaled to the length of each run, so that runs can be compared."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import altair as alt
import vl_convert

from benchmarks.process import Measured

#: Points of a line; each is the maximum of its interval, so that no peak is lost.
_POINTS: Final = 200
_WIDTH, _HEIGHT = 640, 280


def draw(runs: Mapping[str, Measured], target: Path) -> None:
    """Write an SVG with one line for each run: MiB of all processes by the share of the run's time."""
    rows = [
        {"run": name, "share": share, "memory": memory} for name, run in runs.items() for share, memory in _course(run)
    ]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_line()
        .encode(
            x=alt.X("share:Q", title="share of the run's time", axis=alt.Axis(format="%")),
            y=alt.Y("memory:Q", title="MiB, all processes", scale=alt.Scale(zero=True)),
            color=alt.Color("run:N", title=None, sort=list(runs)),
        )
        .properties(width=_WIDTH, height=_HEIGHT, background="white")
    )
    target.write_text(vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[]), encoding="utf-8")


def _course(run: Measured) -> list[tuple[float, float]]:
    highest: dict[int, float] = {}
    for at, held in run.memory:
        place = min(int(_POINTS * at / run.seconds), _POINTS - 1)
        highest[place] = max(highest.get(place, 0.0), held)
    return [(round((place + 0.5) / _POINTS, 4), round(held, 1)) for place, held in sorted(highest.items())]
