"""Signals: the first is an exception, so that work is tidied up; the second, or no end in time, ends the process."""

import os
import select
import signal
import sys
import threading
from types import FrameType
from typing import Final, NoReturn

from forecast_cli.cli.problems import Terminated

#: Seconds that a job has to tidy up.
GRACE: Final = 5.0

_HEARD: Final = (signal.SIGINT, signal.SIGTERM)


def install_signal_handlers(grace: float = GRACE) -> None:
    """Take SIGTERM as an exception, as Python takes SIGINT, and see to it that either ends the process in time.

    Python itself hears of a signal only once native code returns. What was being written is not lost by an end in the
    midst of it: the same command goes on where it stopped, and workers end with their parent.
    """
    signal.signal(signal.SIGTERM, _terminate)
    heard, rung = os.pipe()
    os.set_blocking(rung, False)
    signal.set_wakeup_fd(rung, warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard, grace), daemon=True).start()


def _terminate(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  signal's own signature
    raise Terminated


def _watch(heard: int, grace: float) -> None:
    """Wait for a signal, then for the next one or for the time to run out."""
    first = _next(heard)
    in_time, _, _ = select.select([heard], [], [], grace)
    if not in_time:
        _say(first)
    _end(first)


def _next(heard: int) -> int:
    while True:
        number = os.read(heard, 1)[0]
        if number in _HEARD:
            return number


def _say(number: int) -> None:
    """Say what the command would have said by itself."""
    from forecast_cli.cli.messages import log_of
    from forecast_cli.cli.problems import problem_of

    log_of(sys.argv[1:]).fail(problem_of(KeyboardInterrupt() if number == signal.SIGINT else Terminated()))


def _end(number: int) -> NoReturn:
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\x1b[?25h")  # the cursor, which a bar has hidden
    os._exit(128 + number)
