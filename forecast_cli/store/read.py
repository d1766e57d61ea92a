"""Reading a finished run: its manifest and its tables."""

from pathlib import Path

from forecast_cli.core.errors import CheckFailedError
from forecast_cli.store.layout import MANIFEST
from forecast_cli.store.manifest import Manifest, parse_manifest


def read_manifest(output: Path) -> Manifest:
    """Return the manifest of a finished run; raises CheckFailedError where there is none or it is damaged."""
    path = output / MANIFEST
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckFailedError(
            f"{output}: holds no finished run: {MANIFEST}: {error.strerror}",
            "run the forecast into it again: finished shards are kept",
        ) from None
    return parse_manifest(content, where=str(path))
