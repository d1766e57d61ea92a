"""Start the command line: ``forecast-cli``, or ``python -m forecast_cli``."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecast_cli.cli.messages import Log


def main() -> None:
    """Run the command line and exit with its code."""
    # polars reads it as it is loaded, here and in workers without a setting of their own (engine.environment): what it
    # frees goes back to the system within a second, and until then other threads of its arena can use it again
    arenas = max(1, (os.cpu_count() or 1) // 2)
    os.environ.setdefault("_RJEM_MALLOC_CONF", f"narenas:{arenas},dirty_decay_ms:1000,muzzy_decay_ms:0")
    # Imported here: worker processes import this module again, and need none of it.
    from forecast_cli.cli.app import build_app
    from forecast_cli.cli.messages import log_of
    from forecast_cli.cli.signals import install_signal_handlers
    from forecast_cli.cli.streams import guard_stdout, open_closed_streams

    open_closed_streams()
    guard_stdout()
    install_signal_handlers()
    _leave_unusable_folder(log_of(sys.argv[1:]))
    build_app()(prog_name="forecast-cli")


def _leave_unusable_folder(log: "Log") -> None:
    """Continue in the root folder, with a warning, if the current folder was deleted or may not be entered.

    Processes are started in the current folder. Relative paths could not be resolved there either.
    """
    try:
        os.chdir(Path.cwd())
    except OSError as error:
        os.chdir("/")
        log.warn(f"current folder: {error.strerror}; relative paths are taken from /")


if __name__ == "__main__":
    main()
