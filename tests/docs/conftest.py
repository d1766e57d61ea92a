"""Runs of the sample that several documents tell of."""

from pathlib import Path

import pytest
from docs_reference import ROOT
from docs_run import run


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The forecast of the sample: its folder, and what was said of it."""
    output = tmp_path_factory.mktemp("sample") / "o"
    command = ["forecast-cli", "forecast", "data/sample", "--config", "configs/sample.toml", "--output", str(output)]
    done = run(command, ROOT)
    assert done.returncode == 0, done.stderr
    return output, done.stdout
