"""Small backtest folders with only the files that the gate reads."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from forecast_cli.store.manifest import FileEntry, InputRecord, Manifest

ACCOUNTS = 30
WINDOWS = 2


@dataclass(frozen=True)
class Folder:
    """A backtest to write; errors are multiplied by ``factor``."""

    factor: float = 1.0
    coverage: float = 0.8
    shift: int = 0
    models: tuple[str, ...] = ("MSTL(30)",)
    segment: str = "personal"
    data: tuple[str, ...] = ("one", "two")
    command: str = "backtest"
    settings: dict[str, Any] = field(default_factory=dict)
    id_col: str = "account_id"
    scale: float = 1.0

    def but(self, **changes: Any) -> "Folder":
        return replace(self, **changes)


def windows_of(folder: Folder) -> pl.DataFrame:
    keys = [(account, window) for account in range(ACCOUNTS) for window in range(WINDOWS)]
    first = date(2026, 1, 31) + timedelta(folder.shift)
    return pl.DataFrame(
        {
            folder.id_col: [account for account, _ in keys],
            "cutoff": [first + timedelta(30 * window) for _, window in keys],
            "n_train": [200 + 30 * window for _, window in keys],
            "scale": [folder.scale * (1.0 + account) for account, _ in keys],
            "scale_rms": [1.5 + account for account, _ in keys],
            "tenure": ["under a year" if account % 2 else "over a year" for account, _ in keys],
            "account_type": [folder.segment if account < 25 else "rare" for account, _ in keys],
        }
    )


def scores_of(folder: Folder, windows: pl.DataFrame) -> pl.DataFrame:
    noise = np.random.default_rng(7).lognormal(0, 0.2, windows.height)
    keys = windows.select(folder.id_col, "cutoff")
    parts = [
        keys.with_columns(model=pl.lit(model), metric=pl.lit(metric), value=pl.Series(mean * noise))
        for place, model in enumerate(folder.models)
        for metric, mean in (("scrps", 0.6 * folder.factor + 0.1 * place), ("mase", 0.8 * folder.factor))
    ]
    parts += [
        keys.with_columns(model=pl.lit(model), metric=pl.lit("coverage_80"), value=pl.lit(folder.coverage))
        for model in folder.models
    ]
    return pl.concat(parts).select(folder.id_col, "model", "cutoff", "metric", "value")


def write_backtest(path: Path, folder: Folder = Folder()) -> Path:
    """Write a backtest folder and return its path."""
    path.mkdir()
    windows = windows_of(folder)
    files = []
    for name, table in (("windows.parquet", windows), ("scores.parquet", scores_of(folder, windows))):
        table.write_parquet(path / name)
        content = (path / name).read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        files.append(FileEntry(path=name, rows=table.height, bytes=len(content), sha256=digest))
    settings = {"horizon": 30, "scale_lag": 30, "id_col": folder.id_col, "currency_col": None} | folder.settings
    (path / "manifest.json").write_text(manifest_of(folder, settings, tuple(files)).model_dump_json())
    return path


def manifest_of(folder: Folder, settings: dict[str, Any], files: tuple[FileEntry, ...]) -> Manifest:
    read = tuple(
        FileEntry(path=f"{name}.parquet", rows=9, bytes=9, sha256=hashlib.sha256(name.encode()).hexdigest())
        for name in folder.data
    )
    return Manifest(
        command=folder.command,
        fingerprint="f" * 64,
        versions={},
        settings=settings,
        seed=0,
        input=InputRecord(root="in", files=read, rows=18, accounts=ACCOUNTS, origin=None, verified="sha256"),
        accounts={"ok": ACCOUNTS},
        forecast_rows=0,
        shards=1,
        files=files,
        findings=(),
        finished_at="2026-01-01T00:00:00+00:00",
        seconds=1.0,
        cpu_seconds=1.0,
    )
