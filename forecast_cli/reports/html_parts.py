"""The parts a page is made of, as values for the template."""

from dataclasses import dataclass

from forecast_cli.reports.charts import Chart
from forecast_cli.reports.tables import Table


@dataclass(frozen=True)
class Swatch:
    """An entry of a key: a line as it is drawn, and what it stands for."""

    text: str
    ink: str
    dash: tuple[int, ...] = (1, 0)
    width: float = 2.5


@dataclass(frozen=True)
class Tile:
    """One figure of the summary."""

    title: str
    text: str
    note: str


@dataclass(frozen=True)
class ChartGroup:
    """Charts that belong together, with a title where there is more than one group."""

    title: str
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Section:
    """A part of the page. ``shown`` stand open, ``folded`` behind a line to click; with neither, ``none`` says why."""

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
        """Say whether there is nothing to show."""
        return not any(group.charts for group in self.charts) and not any(table.rows for table in self.shown)


@dataclass(frozen=True)
class View:
    """The page."""

    title: str
    about: str
    sentences: tuple[str, ...]
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
