"""What every test stands on."""

import contextlib
import os
import signal

from hypothesis import settings

# No example is too slow: a busy machine fails no test. In CI the same examples each time, so that a build is red for a
# change and not for its luck; elsewhere, new ones.
settings.register_profile("untimed", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)


def pytest_configure() -> None:
    """Hear Ctrl-C, and let the programs under test hear it, even where this was started in the background."""
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.load_profile("ci" if os.environ.get("CI") else "untimed")
