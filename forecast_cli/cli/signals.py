"""Signal handling: the first signal raises an exception so that work is cleaned up; a second one ends the process.

The process is also ended if the cleanup takes too long.
"""

import os
import select
import signal
import sys
import threading
from types import FrameType
from typing import Final, NoReturn

from forecast_cli.cli.problems import Terminated
from forecast_cli.core.exit_codes import ExitCode

#: Seconds that the cleanup may take.
GRACE: Final = 5.0

#: Signal of a terminal that was closed; Windows has none.
_HANGUP: Final = getattr(signal, "SIGHUP", None)
_HEARD: Final = (signal.SIGINT, signal.SIGTERM, _HANGUP)


def install_signal_handlers(grace: float = GRACE) -> None:
    """Raise SIGTERM and SIGHUP as an exception, as Python does for SIGINT, and end the process ``grace`` seconds later.

    SIGHUP stays ignored if it was, as ``nohup`` has it.

    Python handles a signal only once native code returns, so a thread watches for signals too. Ending the process
    during a write loses nothing: the same command resumes the run, and workers end with their parent.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # a shell has jobs in the background ignore it
        signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _terminate)
    if _HANGUP is not None and signal.getsignal(_HANGUP) is not signal.SIG_IGN:
        signal.signal(_HANGUP, _terminate)
    heard, rung = os.pipe()
    os.set_blocking(rung, False)
    signal.set_wakeup_fd(rung, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard, grace), daemon=True).start()


class _Interrupted(KeyboardInterrupt):
    """SIGINT, but not the very class of Python.

    Where that passes through an ``exec``, as in an import of dataclasses, Python ends ``python -m`` by the signal, and
    not with the exit code.
    """


def _interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  signature required by signal
    raise _Interrupted


def _terminate(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  signature required by signal
    raise Terminated


def _watch(heard: int, grace: float) -> None:
    """Wait for a signal, then for a second one or the end of the grace period, and end the process."""
    first = _next(heard)
    in_time, _, _ = select.select([heard], [], [], grace)
    if not in_time:
        _write_message(first)
    _end(first)


def _next(heard: int) -> int:
    while True:
        number = os.read(heard, 1)[0]
        if number in _HEARD:
            return number


def _write_message(number: int) -> None:
    """Write the message that the command itself would have written."""
    from forecast_cli.cli.messages import log_of
    from forecast_cli.cli.problems import problem_of

    log_of(sys.argv[1:]).fail(problem_of(KeyboardInterrupt() if number == signal.SIGINT else Terminated()))


def _end(number: int) -> NoReturn:
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\x1b[?25h")  # show the cursor, which a progress bar hides
    os._exit(ExitCode.INTERRUPTED if number == signal.SIGINT else ExitCode.TERMINATED)
