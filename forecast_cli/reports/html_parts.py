"""Parts of the HTML page, as values for the template."""

from dataclasses import dataclass

from forecast_cli.reports.charts import Chart
from forecast_cli.reports.tables import Table


@dataclass(frozen=True)
class Swatch:
    """An entry of a chart's key: a line as it is drawn, and what it means."""

    text: str
    ink: str
    dash: tuple[int, ...] = (1, 0)
    width: float = 2.5


@dataclass(frozen=True)
class Tile:
    """A figure of the summary, with its title and a note."""

    title: str
    text: str
    note: str


@dataclass(frozen=True)
class ChartGroup:
    """Charts that belong together; the title is shown if there is more than one group."""

    title: str
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Section:
    """A section of the page.

    ``shown`` tables are visible, ``folded`` ones open with a click. If there is nothing to show, ``none`` says why.
    """

    key: str
    title: str
    lead: str
    none: str
    swatches: tuple[Swatch, ...] = ()
    charts: tuple[ChartGroup, ...] = ()
    shown: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()

    @property
    def empty(self) -> bool:
        """Return whether the section has no chart and no visible row."""
        return not any(group.charts for group in self.charts) and not any(table.rows for table in self.shown)


@dataclass(frozen=True)
class View:
    """The whole page."""

    title: str
    about: str
    sentences: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
