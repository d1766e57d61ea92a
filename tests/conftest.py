"""What every test stands on."""

import contextlib
import signal


def pytest_configure() -> None:
    """Hear Ctrl-C, and let the programs under test hear it, even where this was started in the background."""
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)
