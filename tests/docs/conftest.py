"""Runs of the sample that several pages of the docs describe."""

from pathlib import Path

import pytest
from docs_reference import ROOT
from docs_run import run


@pytest.fixture(scope="session")
def sample_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the output folder of the sample's forecast, and what the command wrote to stdout."""
    output = tmp_path_factory.mktemp("sample") / "o"
    command = ["forecast-cli", "forecast", "data/sample", "--config", "configs/sample.toml", "--output", str(output)]
    done = run(command, ROOT)
    assert done.returncode == 0, done.stderr
    return output, done.stdout
