"""The claim that keeps two runs off one output: taken, renewed, watched, taken over, lost, released."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

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


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.005)


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
        with pytest.raises(OutputBusyError, match="took over this output"):
            old.renew()
        with pytest.raises(OutputBusyError, match="took over this output"):
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


class Counts(Objects):
    """A store that counts what is written, and that may refuse some of it first."""

    writes, refusals = 0, 0

    def replace(self, name: str, content: bytes, version: Version) -> Version | None:
        self.writes += 1
        if self.writes <= self.refusals:
            raise OutputNotWrittenError(f"{name}: the store does not answer", "try again")
        return super().replace(name, content, version)


@pytest.fixture
def counts() -> Counts:
    return Counts(MemoryStore(), "s3://bucket/out")


def test_a_renewal_that_the_store_did_not_answer_is_tried_again(counts: Counts) -> None:
    counts.refusals = 3
    with claimed(counts, warn=keep_quiet, pace=Pace(renewal=0.01, patience=60.0)) as claim:
        wait_until(lambda: counts.writes > 5)
        claim.refuse_if_lost()
    assert counts.sizes() == {}


def test_a_claim_is_confirmed_by_a_renewal_only_where_the_last_one_is_a_while_ago(
    counts: Counts, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("forecast_cli.store.claim.time.time", lambda: now)
    claim = Claim(counts, Pace(renewal=60.0, patience=60.0))
    claim.take(keep_quiet)
    for now, writes in ((1000.0, 0), (1030.0, 0), (1030.1, 1), (1060.0, 1), (1000.0, 2)):  # the last: a clock set back
        claim.confirm()
        assert counts.writes == writes, now


def test_a_lost_claim_is_reported_at_once_and_not_released(counts: Counts) -> None:
    with claimed(counts, warn=keep_quiet, pace=Pace(renewal=0.01, patience=60.0)) as claim:
        counts.put(CLAIM, b'{"token": "theirs", "pid": 7, "host": "there"}')
        wait_until(lambda: claim._lost is not None)
        with pytest.raises(OutputBusyError, match=r"another run \(process 7 on there\) took over this output"):
            claim.refuse_if_lost()
    found = counts.read(CLAIM)
    assert found is not None
    assert b"theirs" in found[0]


def test_a_claim_that_somebody_removed_is_lost(objects: Objects) -> None:
    claim = Claim(objects, NEVER)
    claim.take(keep_quiet)
    objects.remove([CLAIM])
    with pytest.raises(OutputBusyError, match="another run took over this output"):
        claim.renew()
    claim.release()
    assert objects.sizes() == {}


@pytest.mark.parametrize("content", [b"", b"no json", b"[]", b'{"pid": 1}'])
def test_a_claim_that_does_not_tell_its_holder_is_taken_over_all_the_same(objects: Objects, content: bytes) -> None:
    objects.put(CLAIM, content)
    told: list[str] = []
    Claim(objects, NEVER).take(told.append)
    assert told == ["s3://bucket/out: claimed by a run; waiting up to 0.2 s to see whether it is still running"]


class Heedless(Objects):
    """A store that writes over what it was asked to write only where there is none."""

    def create(self, name: str, content: bytes) -> Version | None:
        self.put(name, content)
        return Version()


def test_a_store_that_does_not_heed_conditions_is_refused() -> None:
    with pytest.raises(OutputNotWrittenError, match="s3://bucket/out: the store ignores conditional writes"):
        Claim(Heedless(MemoryStore(), "s3://bucket/out"), QUICK).take(keep_quiet)


def test_a_claim_is_released_where_the_run_ends_by_an_error(objects: Objects) -> None:
    with suppress(InterruptedError), claimed(objects, warn=keep_quiet, pace=QUICK):
        raise InterruptedError
    assert objects.sizes() == {}
