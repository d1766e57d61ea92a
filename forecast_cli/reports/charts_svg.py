"""Conversion of altair charts to inline SVG: static, without scripts, in the colours of the page."""

import json
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from functools import cache
from typing import Any, Final

import altair as alt
import vl_convert
from altair.utils import schemapi

VEGA_LITE: Final = "6.4"
FONT_SIZE: Final = 12
_SVG_TAG: Final = re.compile(r"^<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")
_ROLES: Final = re.compile(r" (?:role|class|aria-[a-z]+)=\"[^\"]*\"")
_UNSEEN: Final = re.compile(r"<path [^>]*display=\"none\"[^>]*/>|<path d=\"M0,0h0v0h0Z\"[^>]*/>")
#: A coordinate with more decimals than can be seen; the label of a tick keeps all of its own.
_LONG_DECIMAL: Final = re.compile(r"(\d\.\d\d)\d+(?![^<>]*</text>)")


class Ink(StrEnum):
    """Placeholder colours of a drawing, used nowhere else, which ``inline_svg`` replaces by variables of the page."""

    TEXT = "#010101"
    MUTED = "#010102"
    GRID = "#010103"
    SERIES_1 = "#010111"
    SERIES_2 = "#010112"
    SERIES_3 = "#010113"
    SERIES_4 = "#010114"
    SERIES_5 = "#010115"
    SERIES_6 = "#010116"
    BAND = "#010121"
    CAME = "#010122"
    KNOWN = "#010123"

    @property
    def variable(self) -> str:
        """Return the name of the page's variable for this colour, without its two dashes."""
        return self.name.lower().replace("_", "-")


#: Colours and dashes of the series, in the order of the leaderboard; lines differ in both.
SERIES: Final = (Ink.SERIES_1, Ink.SERIES_2, Ink.SERIES_3, Ink.SERIES_4, Ink.SERIES_5, Ink.SERIES_6)
DASHES: Final = ((1, 0), (7, 3), (2, 3), (9, 3, 2, 3), (4, 2), (12, 4))


def data_of(rows: Sequence[dict[str, Any]]) -> alt.InlineData:
    """Return rows as the data of a chart, as JSON text, which altair passes on instead of copying every cell."""
    return alt.InlineData(values=json.dumps(rows), format=alt.DataFormat(type="json"))


def skip_validation() -> AbstractContextManager[None]:
    """Return a context that switches off altair's schema validation, which takes longer than the drawing."""
    checks: AbstractContextManager[None] = schemapi.debug_mode(arg=False)
    return checks


def spec_of(chart: Any) -> dict[str, Any]:
    """Return the Vega-Lite specification of an altair chart."""
    spec: dict[str, Any] = chart.to_dict(validate=schemapi.DEBUG_MODE)
    return spec


@cache
def start_engine() -> None:
    """Start the drawing engine; otherwise the first chart of a process waits a second for it."""
    point = {"data": {"values": [{}]}, "mark": "point"}
    vl_convert.vegalite_to_svg(point, vl_version=VEGA_LITE, allowed_base_urls=[])


def inline_svg(spec: dict[str, Any], *, key: str) -> str:
    """Return a Vega-Lite chart as an ``<svg>`` element for a page.

    ``key`` is the name of the chart, unique in the page; the ids of its title and summary there are made of it.
    """
    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=[])
    return _page_colours(_mark_as_image(svg, key))


def _mark_as_image(svg: str, key: str) -> str:
    """Make the SVG one image for screen readers, which then read its title and description instead of all labels."""
    bare = _UNSEEN.sub("", _ROLES.sub("", svg))
    tag = rf'<svg role="img" aria-labelledby="{key}-title" aria-describedby="{key}-summary" viewBox="\1">'
    return _LONG_DECIMAL.sub(r"\1", _SVG_TAG.sub(tag, bare))


def _page_colours(svg: str) -> str:
    """Replace placeholder colours by variables of the page's style sheet, which sets them for light, dark and print."""
    for ink in Ink:
        svg = svg.replace(f'"{ink.value}"', f'"var(--{ink.variable})"')
    return svg
