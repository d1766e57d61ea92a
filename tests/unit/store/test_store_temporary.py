"""Temporary folders are removed at the end, and those of killed processes by the next one."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from filelock import FileLock

from forecast_cli.store.temporary import PREFIX, mark_folder, remove_abandoned, temporary_folder

HOUR = 3600.0
HOLDS_ONE = """
import sys
from forecast_cli.store.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "part").write_bytes(b"x")
    print(folder.parent, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def made_hours_ago(folder: Path, hours: float) -> Path:
    folder.mkdir(exist_ok=True)
    then = time.time() - hours * HOUR
    os.utime(folder, (then, then))
    return folder


def test_folder_is_empty_private_and_gone_afterwards(tmp_path: Path) -> None:
    with temporary_folder() as folder:
        assert not list(folder.iterdir())
        assert folder.parent.stat().st_mode & 0o077 == 0
        (folder / "part").write_bytes(b"x")
    assert not list(tmp_path.iterdir())


def test_folder_of_a_killed_process_is_removed_once_it_is_old(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS_ONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as holder:
        assert holder.stdout is not None
        folder = made_hours_ago(Path(holder.stdout.readline().decode().strip()), 3)
        remove_abandoned(tmp_path)
        assert (folder / "output" / "part").exists(), "removed while its process lives"
        holder.send_signal(signal.SIGKILL)
    made_hours_ago(folder, 3)
    with temporary_folder():
        assert not folder.exists()


def test_young_folder_without_a_lock_is_left(tmp_path: Path) -> None:
    folder = made_hours_ago(tmp_path / f"{PREFIX}new", 0.9)
    remove_abandoned(tmp_path)
    assert folder.exists()


def test_old_folder_without_a_lock_is_removed(tmp_path: Path) -> None:
    folder = made_hours_ago(tmp_path / f"{PREFIX}old", 2)
    remove_abandoned(tmp_path)
    assert not folder.exists()


def test_only_folders_of_its_own_are_removed(tmp_path: Path) -> None:
    other = made_hours_ago(tmp_path / "other", 2)
    target = made_hours_ago(tmp_path / "target", 2)
    link = tmp_path / f"{PREFIX}link"
    link.symlink_to(target)
    os.utime(link, (0, 0), follow_symlinks=False)
    file = tmp_path / f"{PREFIX}file"
    file.write_bytes(b"x")
    os.utime(file, (0, 0))
    remove_abandoned(tmp_path)
    assert other.exists()
    assert target.exists()
    assert link.is_symlink()
    assert file.exists()


def test_folder_that_cannot_be_removed_hurts_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_hours_ago(tmp_path / f"{PREFIX}old", 2)

    def refuse(_path: Path) -> None:
        raise PermissionError

    monkeypatch.setattr("forecast_cli.store.temporary.shutil.rmtree", refuse)
    remove_abandoned(tmp_path)


def test_lock_is_held_while_the_folder_is_in_use() -> None:
    with temporary_folder() as folder:
        lock = FileLock(folder.parent / "lock", blocking=False)
        with pytest.raises(TimeoutError):
            lock.acquire()


def test_folder_for_workers_of_a_killed_process_is_removed_once_it_is_old(tmp_path: Path) -> None:
    folders = [tmp_path / f"pymp-{name}" for name in ("held", "killed", "foreign")]
    for folder in folders:
        folder.mkdir()
        (folder / "listener").touch()
    held, killed, foreign = folders
    (killed / "forecast-cli.lock").touch()
    assert mark_folder(held) is mark_folder(held)
    for folder in folders:
        made_hours_ago(folder, 3)
    remove_abandoned(tmp_path)
    assert sorted(tmp_path.iterdir()) == [foreign, held]
    found = mark_folder(held)
    assert found is not None
    found.release()
    mark_folder.cache_clear()
