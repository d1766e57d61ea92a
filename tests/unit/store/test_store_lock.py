"""The lock of an output: told by its open file, on whatever file system it lies."""

from dataclasses import replace
from pathlib import Path

import pytest

from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.store.lock import output_lock


def test_a_file_system_that_gives_the_lock_another_number_has_not_replaced_it(tmp_path: Path) -> None:
    with output_lock(tmp_path) as lock:
        replace(lock, number=lock.number + 1).validate()


@pytest.mark.parametrize("back", [False, True])
def test_RT12_a_lock_that_was_removed_or_replaced_is_no_longer_in_place(tmp_path: Path, *, back: bool) -> None:
    output, away = tmp_path / "out", tmp_path / "away"
    output.mkdir()
    with output_lock(output) as lock:
        output.rename(away)
        if back:
            output.mkdir()
            (output / ".lock").touch()
        with pytest.raises(OutputNotWrittenError, match="out: was removed or replaced while this run was at work"):
            lock.validate()


def test_a_file_system_that_does_not_answer_has_not_removed_the_output(tmp_path: Path) -> None:
    with output_lock(tmp_path) as lock:
        (tmp_path / "loop").symlink_to("loop")
        with pytest.raises(OutputNotWrittenError, match="cannot be written: Too many levels of symbolic links"):
            replace(lock, output=tmp_path / "loop").validate()


def test_the_holder_of_an_output_that_was_replaced_is_left_alone(tmp_path: Path) -> None:
    output, holder = tmp_path / "out", tmp_path / "out" / ".holder.json"
    output.mkdir()
    with output_lock(output):
        output.rename(tmp_path / "away")
        output.mkdir()
        (output / ".lock").touch()
        holder.write_text("that of another run")
    assert holder.read_text() == "that of another run"
    with output_lock(output):
        assert "pid" in holder.read_text()
    assert not holder.exists()
