"""Objects of a store, and the claim that keeps two runs on one output apart."""

import threading
import time
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from forecast_cli.core.errors import OutputBusyError, OutputNotWrittenError
from forecast_cli.store.claim import Claim, Pace, claimed
from forecast_cli.store.layout import CLAIM
from forecast_cli.store.remote import Objects, Version

QUICK = Pace(renewal=0.05, patience=0.4, look=0.02)
NEVER = Pace(renewal=60.0, patience=0.2, look=0.02)


@pytest.fixture
def objects() -> Objects:
    return Objects(MemoryStore(), "s3://bucket/out")


def keep_quiet(message: str) -> None:
    """Say nothing."""


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


def test_a_claim_is_renewed_and_released(objects: Objects) -> None:
    with claimed(objects, warn=keep_quiet, pace=QUICK):
        first = objects.read(CLAIM)
        time.sleep(0.2)
        assert objects.read(CLAIM) != first
    assert objects.sizes() == {}


def test_a_claim_that_is_renewed_is_not_taken_over(objects: Objects) -> None:
    with (
        claimed(objects, warn=keep_quiet, pace=QUICK),
        pytest.raises(OutputBusyError, match=r"another run holds this output \(process \d+ on "),
    ):
        Claim(objects, QUICK).take(keep_quiet)


def test_a_claim_that_was_left_behind_is_taken_over_and_its_holder_hears_of_it(objects: Objects) -> None:
    told: list[str] = []
    with claimed(objects, warn=keep_quiet, pace=NEVER) as old:
        Claim(objects, NEVER).take(told.append)
        assert "claimed by a run (process " in told[0]
        with pytest.raises(OutputBusyError, match="took this output"):
            old.renew()
        with pytest.raises(OutputBusyError, match="took this output"):
            old.confirm()
    assert CLAIM in objects.sizes(), "the one who lost it does not take it away"


def test_a_claim_that_goes_away_while_it_is_watched_is_made_anew(objects: Objects) -> None:
    objects.put(CLAIM, b"no json")
    threading.Timer(0.1, lambda: objects.remove([CLAIM])).start()
    taken = Claim(objects, Pace(renewal=60.0, patience=10.0, look=0.02))
    taken.take(keep_quiet)
    taken.renew()


def test_of_two_who_take_over_one_does(objects: Objects) -> None:
    objects.put(CLAIM, b"{}")
    outcomes: list[str] = []

    def take() -> None:
        try:
            Claim(objects, NEVER).take(keep_quiet)
            outcomes.append("taken")
        except OutputBusyError:
            outcomes.append("busy")

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["busy", "busy", "busy", "taken"]


class LosesAnswers(Objects):
    """A store that does what it is asked, whose answers do not arrive: asked again, it says that it is too late."""

    def create(self, name: str, content: bytes) -> Version | None:
        super().create(name, content)
        return None

    def replace(self, name: str, content: bytes, version: Version) -> Version | None:
        super().replace(name, content, version)
        return None


def test_a_renewal_whose_answer_was_lost_is_known_by_its_token() -> None:
    store = MemoryStore()
    claim = Claim(Objects(store, "s3://bucket/out"), NEVER)
    claim.take(keep_quiet)
    claim._objects = LosesAnswers(store, "s3://bucket/out")
    claim.renew()
    claim.renew()


def test_a_claim_whose_answer_was_lost_is_this_runs() -> None:
    objects = LosesAnswers(MemoryStore(), "s3://bucket/out")
    started = time.monotonic()
    Claim(objects, Pace(renewal=60.0, patience=30.0, look=0.02)).take(keep_quiet)
    assert time.monotonic() - started < 5
