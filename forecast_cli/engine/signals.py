"""Ctrl-C in a run of several processes: child processes do not receive it, and it ends the parent's blocking calls."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker
from types import FrameType


@contextlib.contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block SIGINT, also in processes started inside; one that arrives meanwhile is delivered at the end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # if it were started inside, it would unblock SIGINT
    with _interrupts_held():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Handle a SIGINT at the end: threads of libraries do not block it, and Python handles it in the main thread."""
    handler, held = signal.getsignal(signal.SIGINT), list[FrameType | None]()
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, lambda _, frame: held.append(frame))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if held:
            handler(signal.SIGINT, held[0])


def make_waits_interruptible() -> None:
    """Make Ctrl-C end blocking system calls, as is usual in Python; polars has them restarted."""
    if hasattr(signal, "siginterrupt"):
        signal.siginterrupt(signal.SIGINT, True)  # noqa: FBT003 - its own signature
