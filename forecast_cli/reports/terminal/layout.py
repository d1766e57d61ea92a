"""Building blocks of terminal reports: headings, lines, and aligned tables without a frame."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Cell = str | Text
#: Width reserved for a column that wraps; longer cells take several lines, rather than leaving out a column.
_WRAPPED_WIDTH: Final = 20


@dataclass(frozen=True)
class Column:
    """A column of a table; with ``wraps``, its cells may take several lines."""

    title: str = ""
    align: Literal["left", "right"] = "left"
    wraps: bool = False


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


def indented(renderable: RenderableType) -> Padding:
    """Return a renderable indented by two columns."""
    return Padding(renderable, (0, 0, 0, 2))


def aligned(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Padding:
    """Return rows in aligned columns, without a header."""
    return indented(_add_rows(Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0)), columns, rows))


def ruled(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Table:
    """Return rows under a header with a rule below it."""
    return _add_rows(
        Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold", padding=0), columns, rows
    )


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


def _min_width(column: Column, cells: Iterable[str]) -> int:
    longest = max(map(cell_len, (column.title, *cells)))
    return min(longest, _WRAPPED_WIDTH) if column.wraps else longest


def _add_rows(table: Table, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Table:
    for column in columns:
        table.add_column(Text(column.title), justify=column.align, no_wrap=not column.wraps, overflow="fold")
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return table
