"""Fingerprint of a run: one hash of everything that affects its numbers."""

import hashlib
import json
import platform
import posixpath
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from forecast_cli import __version__
from forecast_cli.config.settings import Settings
from forecast_cli.data.source import Source
from forecast_cli.store.layout import LEARNED
from forecast_cli.store.manifest import Manifest

_PACKAGES: Final = (
    "coreforecast",
    "holidays",
    "llvmlite",
    "numba",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "statsforecast",
    "statsmodels",
    "utilsforecast",
)
#: Version of the tables, raised when columns or numbers change, so that earlier runs do not count as the same run.
TABLES_VERSION: Final = "16"


def versions() -> dict[str, str]:
    """Return the versions that may affect a number or a byte: of this tool, its tables, Python and packages."""
    python = ".".join(platform.python_version_tuple()[:2])
    return {"forecast-cli": __version__, "tables": TABLES_VERSION, "python": python, **_installed_versions()}


@cache
def _installed_versions() -> Mapping[str, str]:
    return {name: version(name) for name in _PACKAGES}


def identity(command: str, source: Source, settings: Settings, *, learned: str | None = None) -> dict[str, Any]:
    """Return what a run is made from, as plain JSON values: command, input by content, settings, versions.

    ``learned`` is the result of ``hash_learned`` for the run named with ``--fitted``: its content counts, not its name.
    """
    recorded = settings.affecting_output(command)
    if "fitted" in recorded:
        recorded["fitted"] = learned
    return {
        "command": command,
        "input": input_identity(source.root, ((file.path, file.size, file.sha256) for file in source.files)),
        "settings": recorded,
        "versions": versions(),
    }


def hash_learned(folder: Path) -> str:
    """Return a SHA-256, in hex, of the files in ``folder`` with what a run learned, without those that are missing."""
    paths = [path for path in (folder / name for name in LEARNED) if path.is_file()]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)).hexdigest()


def input_identity(root: str, files: Iterable[tuple[str, int, str]]) -> list[list[Any]]:
    """Return what identifies an input: for each of ``files`` its path relative to ``root``, its size and SHA-256."""
    return [[posixpath.relpath(path, root), size, sha256] for path, size, sha256 in files]


def identity_of(manifest: Manifest) -> dict[str, Any]:
    """Return what a finished run was made from, in the format of ``identity``."""
    files = ((file.path, file.bytes, file.sha256) for file in manifest.input.files)
    return {
        "command": manifest.command,
        "settings": manifest.settings,
        "versions": manifest.versions,
        "input": input_identity(manifest.input.root, files),
    }


def fingerprint(identity: dict[str, Any]) -> str:
    """Return the SHA-256 of an identity as hex digits."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return messages on how two identities differ; if their commands differ, only that."""
    if old.get("command") != new.get("command"):
        return [f"command {_short(old.get('command'))} -> {_short(new.get('command'))}"]
    inputs = ["the input's files"] if old.get("input") != new.get("input") else []
    return [*setting_differences(old, new), *inputs]


def setting_differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return messages on how settings and versions of two identities differ, such as ``horizon 30 -> 60``.

    A package that has the name of a setting is called one: ``holidays (package)``.
    """
    settings = {*old.get("settings", {}), *new.get("settings", {})}
    found = []
    for group in ("settings", "versions"):
        before, after = old.get(group, {}), new.get(group, {})
        for name in sorted(name for name in {*before, *after} if before.get(name) != after.get(name)):
            label = f"{name} (package)" if group == "versions" and name in settings else name
            found.append(f"{label} {_short(before.get(name))} -> {_short(after.get(name))}")
    return found


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
