"""Objects of a store: listed, read, written whole, replaced only if unchanged, removed."""

from pathlib import Path

import obstore
import pytest
from obstore.store import MemoryStore

from forecast_cli.core.errors import OutputNotWrittenError
from forecast_cli.store.remote import Objects


@pytest.fixture
def objects() -> Objects:
    return Objects(MemoryStore(), "s3://bucket/out")


def test_objects_are_written_listed_read_and_removed(objects: Objects, tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b"rows")
    objects.put_file("forecasts/part", tmp_path / "table")
    objects.put("_SUCCESS", b"")
    assert objects.sizes() == {"forecasts/part": 4, "_SUCCESS": 0}
    objects.fetch("forecasts/part", tmp_path / "deep" / "copy")
    assert (tmp_path / "deep" / "copy").read_bytes() == b"rows"
    objects.remove(["forecasts/part", "gone", "_SUCCESS"])
    objects.remove([])
    assert objects.sizes() == {}
    assert objects.read("_SUCCESS") is None
    with pytest.raises(OutputNotWrittenError, match="s3://bucket/out/gone: cannot be read: no such object"):
        objects.fetch("gone", tmp_path / "gone")


def test_many_objects_are_removed_a_thousand_at_a_time(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    delete = obstore.delete

    def counted(store: MemoryStore, names: list[str]) -> None:
        calls.append(len(names))
        delete(store, names)

    monkeypatch.setattr(obstore, "delete", counted)
    names = [f"part-{number}" for number in range(2_500)]
    for name in names:
        objects.put(name, b"x")
    objects.remove(names)
    assert objects.sizes() == {}
    assert calls == [1_000, 1_000, 500]


def test_a_large_file_is_put_in_pieces(objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forecast_cli.store.remote._ONE_PUT", 10)
    (tmp_path / "table").write_bytes(b"0123456789abcdef")
    objects.put_file("table", tmp_path / "table")
    found = objects.read("table")
    assert found is not None
    assert found[0] == b"0123456789abcdef"


def test_an_object_is_created_once_and_replaced_only_as_it_was_seen(objects: Objects) -> None:
    first = objects.create("manifest.json", b"1")
    assert first is not None
    assert objects.create("manifest.json", b"2") is None
    second = objects.replace("manifest.json", b"3", first)
    assert second is not None
    assert objects.replace("manifest.json", b"4", first) is None
    assert objects.read("manifest.json") == (b"3", second)
    objects.remove(["manifest.json"])
    assert objects.replace("manifest.json", b"5", second) is None
