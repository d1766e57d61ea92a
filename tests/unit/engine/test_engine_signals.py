"""Interrupts while processes are started: they are held until the end, whichever thread takes them."""

import os
import signal
import threading

import pytest

from forecast_cli.engine.signals import interrupts_blocked


@pytest.mark.parametrize("threads", [0, 1])
def test_an_interrupt_inside_is_raised_at_the_end(threads: int) -> None:
    """The kernel gives a signal to any thread that does not block it; Python handles it in the main thread."""
    ended, whole = threading.Event(), False
    others = [threading.Thread(target=ended.wait) for _ in range(threads)]
    for other in others:
        other.start()
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(KeyboardInterrupt), interrupts_blocked():  # noqa: PT012 - the interrupt comes at the end
            os.kill(os.getpid(), signal.SIGINT)
            ended.wait(0.05)
            whole = True
    finally:
        ended.set()
        for other in others:
            other.join()
    assert whole
    assert signal.getsignal(signal.SIGINT) is before
