"""The two streams: results to stdout, messages to stderr. Whatever the terminal can show, and never a traceback."""

import io
import os
import select
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from forecast_cli.core.errors import OutputConflictError, OutputNotWrittenError
from forecast_cli.core.redact import redact

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDEST: Final = 120
_NARROWEST: Final = 60


def write_out(text: str) -> None:
    """Write a result to stdout; raises OutputNotWrittenError where it is a full disk.

    A reader that has left (``| head``) is no error: the rest goes nowhere, and the exit code stays the work's own.
    """
    try:
        with writing_to_stdout():
            _write(sys.stdout, text)
    except BrokenPipeError:
        _drain(sys.stdout)


@contextmanager
def writing_to_stdout() -> Iterator[None]:
    """Raise OutputNotWrittenError where a write fails in here that names no file: it was to stdout, on a full disk."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None:
            raise
        _drain(sys.stdout)
        raise OutputNotWrittenError(f"standard output: {error.strerror}", "send it somewhere with space left") from None


def write_err(text: str) -> None:
    """Write a message to stderr; where nobody can read it, it is lost."""
    try:
        _write(sys.stderr, text)
    except OSError:
        _drain(sys.stderr)


def show(renderable: "RenderableType") -> None:
    """Write a rich renderable to stdout: coloured on a terminal unless NO_COLOR is set, plain elsewhere."""
    from rich.console import Console

    # rich asks the page for its encoding, to know which boxes it can show
    page = io.TextIOWrapper(io.BytesIO(), encoding=encoding_of(sys.stdout), errors="backslashreplace", newline="")
    console = Console(
        file=page,
        width=columns(),
        force_terminal=is_terminal(sys.stdout) or None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(renderable, crop=False)
    page.seek(0)
    write_out("".join(line.rstrip() + "\n" for line in page.read().split("\n")[:-1]))


def reader_has_left() -> bool:
    """Say whether whoever reads stdout has left (``| head``); what was still to be written goes nowhere then."""
    try:
        asked = select.poll()
        asked.register(sys.stdout.fileno(), 0)  # asks for nothing: what is told is that the other end is gone
        if not asked.poll(0):
            return False
    except (OSError, ValueError, AttributeError):  # no stream of the system's, closed, or a system without poll
        return False
    _drain(sys.stdout)
    return True


def write_new_file(path: Path, text: str) -> None:
    """Write a file that must not exist yet; raises OutputConflictError where it does, OutputNotWrittenError."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputConflictError(f"{path}: exists already, and is not overwritten", "name another --output") from None
    except OSError as error:
        raise OutputNotWrittenError(f"{path}: {error.strerror}", "name an --output that can be written") from None


def columns() -> int:
    """Return how wide to write: the terminal's width or ``COLUMNS`` within reason, else 80."""
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether somebody is watching who can be shown colours and bars."""
    return stream is not None and not stream.closed and stream.isatty() and os.environ.get("TERM") != "dumb"


def encoding_of(stream: TextIO | None) -> str:
    """Return the encoding of a stream, ASCII where it has none."""
    return getattr(stream, "encoding", None) or "ascii"


def open_closed_streams() -> None:
    """Put the null device where stdin, stdout or stderr are closed, so that no data file gets their number."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None or stream.closed:
        return
    encoding = encoding_of(stream)
    text = redact(text)  # the last filter; what is wrapped or escaped went through it before
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _drain(stream: TextIO) -> None:
    """Send what is still buffered to the null device, or the interpreter complains of it on its way out."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
