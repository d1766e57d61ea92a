"""The command line with limits so low that small inputs are sorted by account: ``python spilling_cli.py forecast ...``.

It kills itself at the step that the variable ``KILLED_AT`` names, such as ``write bucket-00001.parquet``.
"""

import os
import signal
from importlib import import_module
from pathlib import Path

KILLED_AT = os.environ.get("KILLED_AT")
LIMITS = {
    "forecast_cli.data.scan.order.FREE_ROWS": 0,
    "forecast_cli.data.scan.pieces.PIECE_ROWS": 200,
    "forecast_cli.store.spill._BUCKET_ROWS": 300,
}


def kill_at(step: str, what: str) -> None:
    if f"{step} {Path(what).name}" == KILLED_AT:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from forecast_cli.__main__ import main
    from forecast_cli.core.fault_points import inject_faults

    for name, limit in LIMITS.items():
        module, _, constant = name.rpartition(".")
        setattr(import_module(module), constant, limit)
    inject_faults(kill_at)
    main()
