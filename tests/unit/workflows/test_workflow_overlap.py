"""RT10: an output that the next run would read as input is refused, however the input is named."""

import os
from pathlib import Path

import pytest

from forecast_cli.core.errors import OutputConflictError
from forecast_cli.workflows.overlap import refuse_overlap, refuse_unusable_name


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("in", "in"),
        ("in", "in/deep/out"),
        ("in/**/*.parquet", "in/out"),
        ("**/*.parquet", "out"),
        ("*/*.parquet", "out"),
        ("in/*/forecasts/*", "in/out"),
        ("in/*", "in/out"),
        ("in/o?t", "in/out"),
        ("in/../in/*", "in/out"),
    ],
)
def test_RT10_an_output_that_the_input_takes_in_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    with pytest.raises(OutputConflictError, match="would read its own forecasts"):
        refuse_overlap(source, Path(output))


@pytest.mark.parametrize("path", ["in", "in/*"])
def test_RT10_an_input_by_a_file_address_is_looked_at_as_its_path_is(tmp_path: Path, path: str) -> None:
    (tmp_path / "in").mkdir()
    for output in (tmp_path / "in" / "out", tmp_path / "in"):
        with pytest.raises(OutputConflictError, match="would read its own forecasts"):
            refuse_overlap(f"file://{tmp_path}/in", output)
    refuse_overlap(f"FILE://{tmp_path}/{path}", tmp_path / "out")


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("in", "out"),
        ("in/*.parquet", "in/out"),
        ("in/*", "in/_forecasts"),
        ("*.parquet", "out"),
        ("in.parquet", "out"),
        ("in/*/*.csv", "in/out"),
        ("s3://in/x", "in"),
    ],
)
def test_an_output_beside_the_input_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    refuse_overlap(source, Path(output))
    assert not (tmp_path / output).exists() or output == "in"


def test_an_output_whose_path_is_not_utf8_is_refused(tmp_path: Path) -> None:
    refuse_unusable_name(tmp_path / "café")
    for output in (tmp_path / os.fsdecode(b"caf\xe9"), tmp_path / os.fsdecode(b"caf\xe9") / "out"):
        with pytest.raises(OutputConflictError, match="not UTF-8"):
            refuse_unusable_name(output)


def test_an_output_below_an_unreplaced_tilde_is_refused(tmp_path: Path) -> None:
    refuse_unusable_name(tmp_path / "~" / "out")
    refuse_unusable_name(Path("~out"))
    for output in (Path("~/out"), Path("~"), Path("~root"), Path("~root/out")):
        with pytest.raises(OutputConflictError, match="did not replace ~"):
            refuse_unusable_name(output)
