"""Fuzz the settings: any config file must be accepted, or rejected with one of this package's errors.

The fuzzer's input is a config file, or it chooses settings for a file and the kinds of their values.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["forecast_cli"]):
    from forecast_cli.config.load import load_settings
    from forecast_cli.config.settings import Settings
    from forecast_cli.core.errors import ForecastCliError
    from forecast_cli.engine.shards import choose_models
    from forecast_cli.models.registry import REGISTRY
    from forecast_cli.reports.config_template import render_config_template

#: Folder of inputs to start from and to extend, or a single input to repeat.
CORPUS = Path(sys.argv[-1])
PATH = CORPUS.parent / "config.toml"
NAMES = [*Settings.model_fields, "no_such_setting"]
MODELS = [*REGISTRY, "NoSuchModel"]
MOST_DEPTH = 3


def seeds() -> list[bytes]:
    """Return the file that ``config init`` writes, and one input for each setting."""
    return [b"\0" + render_config_template().encode(), *(bytes([1, place, 3, 65, 0]) for place in range(len(NAMES)))]


def value(said: atheris.FuzzedDataProvider, depth: int = 0) -> str:
    match said.ConsumeIntInRange(0, 7):
        case 0:
            return str(said.ConsumeInt(8))
        case 1:
            return repr(said.ConsumeFloat())
        case 2:
            return str(said.ConsumeBool()).lower()
        case 3:
            return json.dumps(said.ConsumeUnicodeNoSurrogates(20))
        case 4 if depth < MOST_DEPTH:
            return f"[{', '.join(value(said, depth + 1) for _ in range(said.ConsumeIntInRange(0, 4)))}]"
        case 5:
            arguments = [str(said.ConsumeIntInRange(-1, 400)) for _ in range(said.ConsumeIntInRange(0, 3))]
            return json.dumps(f"{MODELS[said.ConsumeIntInRange(0, len(MODELS) - 1)]}({','.join(arguments)})")
        case 6:
            return f"{said.ConsumeIntInRange(1, 9999):04d}-{said.ConsumeIntInRange(1, 12):02d}-28"
        case _:
            return said.ConsumeUnicodeNoSurrogates(20)


def config(data: bytes) -> bytes:
    if data[:1] == b"\0":
        return data[1:]
    said = atheris.FuzzedDataProvider(data[1:])
    lines = []
    while said.remaining_bytes():
        lines.append(f"{NAMES[said.ConsumeIntInRange(0, len(NAMES) - 1)]} = {value(said)}\n")
    return "".join(lines).encode(errors="surrogateescape")


def one_input(data: bytes) -> None:
    PATH.write_bytes(config(data))
    with suppress(ForecastCliError):
        choose_models(load_settings({}, PATH).settings)


if __name__ == "__main__":
    for place, seed in enumerate(seeds() if CORPUS.is_dir() else ()):
        (CORPUS / f"seed-{place:03d}").write_bytes(seed)
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
