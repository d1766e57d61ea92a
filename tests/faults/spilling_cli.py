"""The command line with limits so low that small inputs are sorted by account: ``python spilling_cli.py forecast ...``.

It kills itself at the step that the variable ``KILLED_AT`` names, such as ``write bucket-00001.parquet``.
"""

import os
import signal
from pathlib import Path

KILLED_AT = os.environ.get("KILLED_AT")


def kill_at(step: str, what: str) -> None:
    if f"{step} {Path(what).name}" == KILLED_AT:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from forecast_cli.__main__ import main
    from forecast_cli.core.fault_points import inject_faults
    from forecast_cli.data.scan import order, pieces
    from forecast_cli.store import spill

    order.FREE_ROWS, pieces.PIECE_ROWS, spill._BUCKET_ROWS = 0, 200, 300  # type: ignore[misc]
    inject_faults(kill_at)
    main()
