"""Building blocks of terminal reports: headings, lines, and aligned tables without a frame."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

Cell = str | Text
_INDENT: Final = "  "
#: Width reserved for a column that wraps; longer cells take several lines, rather than leaving out a column.
_WRAPPED_WIDTH: Final = 20


@dataclass(frozen=True)
class Column:
    """A column of a table; with ``wraps``, its cells may take several lines."""

    title: str = ""
    align: Literal["left", "right"] = "left"
    wraps: bool = False


@dataclass(frozen=True)
class Indented:
    """A renderable indented by two columns; lines that are longer than the terminal is wide are not cut."""

    renderable: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of the renderable, each after the indent."""
        within = options.update_width(options.max_width - len(_INDENT))
        for one in Segment.split_lines(console.render(self.renderable, within)):
            yield Segment(_INDENT)
            yield from one
            yield Segment.line()


class WholeTable(Table):
    """A table that is wider than a terminal too narrow for it: cells that do not wrap are never shortened."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines of the table, as wide as its cells need."""
        return super().__rich_console__(console, options.update(max_width=max(options.max_width, self.min_width or 0)))


def heading(text: str) -> Text:
    """Return the title of a section."""
    return Text(text, style="bold")


def line(text: str, style: str = "") -> Text:
    """Return one line of text."""
    return Text(text, style=style)


def no_wrap(text: str, style: str = "") -> Text:
    """Return text that may be copied, such as a path, without line breaks added."""
    return Text(text, style=style, no_wrap=True, overflow="ignore")


def command_line(command: str) -> Text:
    """Return a command to copy."""
    return no_wrap(f"  {command}", "cyan")


def aligned(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Indented:
    """Return rows in aligned columns, without a header."""
    table = WholeTable(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    return Indented(_add_rows(table, columns, rows, between=2))


def ruled(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> WholeTable:
    """Return rows under a header with a rule below it."""
    table = WholeTable(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=0)
    return _add_rows(table, columns, rows, between=1)


def fitting(
    columns: Mapping[str, Column], rows: Sequence[Mapping[str, str]], *, spared: Sequence[str], width: int
) -> list[str]:
    """Return the names of the columns that fit into ``width``; those ``spared`` are left out first, in their order."""
    need = {name: _min_width(column, [row[name] for row in rows]) for name, column in columns.items()}
    for name in spared:
        between = len(need) - 1
        if sum(need.values()) + between <= width:
            break
        need.pop(name, None)
    return list(need)


def sections(*parts: RenderableType | None) -> Group:
    """Return the parts that are not None, with an empty line between them."""
    present = [part for part in parts if part is not None]
    spaced = [piece for part in present for piece in (Text(), part)]
    return Group(*spaced[1:])


def section(title: str, *parts: RenderableType) -> Group:
    """Return parts under a title."""
    return Group(heading(title), *parts)


def _min_width(column: Column, cells: Iterable[Cell]) -> int:
    longest = _longest(column, cells, sep="\n")
    return min(longest, _WRAPPED_WIDTH) if column.wraps else longest


def _narrowest(column: Column, cells: Iterable[Cell]) -> int:
    """Return the width below which a column would lose something or split a word."""
    if not column.wraps:
        return _min_width(column, cells)
    return min(_longest(column, cells, sep=None), _WRAPPED_WIDTH)


def _longest(column: Column, cells: Iterable[Cell], *, sep: str | None) -> int:
    """Return the width of the longest line of a column, or of its longest word without ``sep``."""
    pieces = [piece for cell in (column.title, *cells) for piece in str(cell).split(sep)]
    return max(map(cell_len, pieces), default=0)


def _add_rows(
    table: WholeTable, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, between: int
) -> WholeTable:
    """Add rows and the width that they need, with ``between`` columns between each two."""
    rows = list(rows)
    need = [_narrowest(column, [row[place] for row in rows]) for place, column in enumerate(columns)]
    table.min_width = sum(need) + between * (len(need) - 1)
    for column in columns:
        table.add_column(Text(column.title), justify=column.align, no_wrap=not column.wraps, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table
