"""Standard streams: results go to stdout, messages to stderr, in any encoding and without tracebacks."""

import io
import os
import re
import select
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from forecast_cli.core.errors import OutputConflictError, OutputNotWrittenError
from forecast_cli.core.redact import redact

if TYPE_CHECKING:
    from rich.console import RenderableType

_WIDEST: Final = 120
_NARROWEST: Final = 60
#: The rest of a cell or line from a letter on that is written from right to left (Hebrew, Arabic, Syriac, ...).
_FROM_RIGHT: Final = re.compile(
    r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff].*?(?=  |$)", re.MULTILINE
)
_LEFT_TO_RIGHT_MARK: Final = "\u200e"


def write_out(text: str) -> None:
    """Write a result to stdout; raise OutputNotWrittenError if that fails, for example on a full disk."""
    _write(sys.stdout, text)


def write_err(text: str) -> None:
    """Write a message to stderr; if that fails, the message is dropped."""
    try:
        _write(sys.stderr, text)
    except OSError:
        _drain(sys.stderr)


def show(renderable: "RenderableType") -> None:
    """Write a rich renderable to stdout: coloured on a terminal unless NO_COLOR is set, otherwise plain."""
    from rich.console import Console

    # rich reads the encoding of its file to choose box characters that can be shown
    on_terminal = is_terminal(sys.stdout)
    page = io.TextIOWrapper(io.BytesIO(), encoding=encoding_of(sys.stdout), errors="backslashreplace", newline="")
    console = Console(
        file=page,
        width=columns(),
        force_terminal=on_terminal or None,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(renderable, crop=False)
    page.seek(0)
    text = "".join(line.rstrip() + "\n" for line in page.read().split("\n")[:-1])
    write_out(_keep_columns(text) if on_terminal else text)


def write_new_file(path: Path, text: str) -> None:
    """Write a file that must not exist yet; raise OutputConflictError if it does, and OutputNotWrittenError."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputConflictError(f"{path}: already exists and is not overwritten", "name another --output") from None
    except OSError as error:
        raise OutputNotWrittenError(f"{path}: {error.strerror}", "name an --output that can be written") from None


def columns() -> int:
    """Return the width to write: the terminal's or ``COLUMNS``, 80 if unknown, limited to 60 to 120 columns."""
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal that can show colours and progress bars."""
    return stream is not None and not stream.closed and stream.isatty() and os.environ.get("TERM") != "dumb"


def encoding_of(stream: TextIO | None) -> str:
    """Return the encoding of a stream, ASCII if it has none."""
    return getattr(stream, "encoding", None) or "ascii"


def _keep_columns(text: str) -> str:
    """End each cell with right-to-left letters by a mark; else a terminal reverses the figures that follow it."""
    return _FROM_RIGHT.sub(rf"\g<0>{_LEFT_TO_RIGHT_MARK}", text)


class _Results(io.FileIO):
    """Raw stdout for all writers: a closed reader (``| head``) is ignored, another error is OutputNotWrittenError.

    It waits for a slow reader, also if the stream does not block: the program that started this one may have set that.
    """

    def write(self, data: Any) -> int:
        """Write bytes and return how many were accepted; raise OutputNotWrittenError."""
        try:
            return self._write_some(data)
        except BrokenPipeError:
            return len(data)
        except OSError as error:
            _drain(self)
            hint = "redirect it to a disk with free space"
            raise OutputNotWrittenError(f"standard output: {error.strerror}", hint) from None

    def _write_some(self, data: Any) -> int:
        while (accepted := super().write(data)) is None:
            select.select([], [self], [])
        return accepted


def guard_stdout() -> None:
    """Replace stdout by one that writes through ``_Results``, so that a closed reader does not change the exit code."""
    stdout = sys.__stdout__
    if stdout is not None and sys.stdout is stdout:
        raw = io.BufferedWriter(_Results(stdout.fileno(), "w", closefd=False))
        sys.stdout = io.TextIOWrapper(raw, stdout.encoding, stdout.errors, line_buffering=stdout.isatty())


def open_closed_streams() -> None:
    """Open the null device for a closed stdin, stdout or stderr, so that no data file gets its descriptor."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None or stream.closed:
        return
    encoding = encoding_of(stream)
    text = redact(text)  # a last filter: text that was wrapped or escaped before has already been redacted
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def _drain(stream: TextIO | io.FileIO) -> None:
    """Redirect the stream to the null device, so that flushing its buffer at exit raises no error."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
