"""Retries after the loss of a worker, without any real worker."""

import polars as pl

from forecast_cli.core.ids import hash_id, hashed_ids, unmark_ids
from forecast_cli.engine.retries import Attempt, LossCause, LostWorker, describe_exit, describe_to_user
from forecast_cli.engine.shards import cut_shards

IDS = pl.Series("unique_id", [f"a{place:03d}" for place in range(100)])
(SHARD,) = cut_shards(IDS, 100)
FIRST = Attempt(SHARD)


def lost(loss: LossCause, account: str | None = None) -> LostWorker:
    return LostWorker(loss, "it was so", (account,) if account else None)


def after(attempt: Attempt | None, *losses: LostWorker) -> Attempt:
    for loss in losses:
        assert attempt is not None
        attempt = attempt.next_attempt(loss)
    assert attempt is not None
    return attempt


def test_a_shard_is_first_done_in_one_part_and_then_account_by_account() -> None:
    assert (len(FIRST.task.parts), FIRST.task.one_by_one) == (1, False)
    again = after(FIRST, lost(LossCause.KILLED))
    assert (len(again.task.parts), again.task.one_by_one) == (1, True)


def test_an_account_that_takes_too_long_is_set_aside_at_once_and_the_others_go_on_together() -> None:
    found = after(FIRST, lost(LossCause.TIMEOUT, "a007"))
    assert found.set_aside == {("a007",): "timeout: it was so"}
    assert not found.task.one_by_one
    assert after(found, lost(LossCause.TIMEOUT, "a008")).set_aside.keys() == {("a007",), ("a008",)}


def test_an_account_that_hangs_in_a_block_costs_its_limit_and_two_seconds() -> None:
    block = FIRST
    alone = after(block, lost(LossCause.TIMEOUT))
    assert alone.task.one_by_one
    assert [attempt.account_limit(60) for attempt in (block, alone)] == [60, 2]
    assert alone.account_limit(0.5) == 0.5
    found = after(alone, lost(LossCause.TIMEOUT, "a007"))
    assert found.set_aside == {("a007",): "timeout: it was so"}
    assert (found.task.one_by_one, found.account_limit(60)) == (False, 60), "the next one has its own limit"


def test_a_death_counts_against_an_account_only_where_it_was_at_it() -> None:
    once = after(FIRST, lost(LossCause.KILLED), lost(LossCause.KILLED, "a007"))
    assert once.set_aside == {}
    assert after(once, lost(LossCause.KILLED, "a007")).set_aside == {("a007",): "killed: it was so, twice"}
    assert after(FIRST, lost(LossCause.TIMEOUT), lost(LossCause.KILLED, "a007")).set_aside == {}
    between = after(
        FIRST, lost(LossCause.KILLED, "a007"), lost(LossCause.TIMEOUT, "a008"), lost(LossCause.KILLED, "a007")
    )
    assert between.set_aside.keys() == {("a007",), ("a008",)}


def test_deaths_that_nobody_can_be_blamed_for_split_the_shard_until_each_account_is_alone() -> None:
    split = after(FIRST, *[lost(LossCause.KILLED)] * 2)
    assert [len(part.members) for part in split.task.parts] == [0] * len(split.task.parts)
    assert sum(part.accounts for part in split.task.parts) == 100
    assert [part.index for part in split.task.parts] == [0] * 8
    alone = after(FIRST, *[lost(LossCause.KILLED)] * 4)
    assert {part.accounts for part in alone.task.parts} == {1}
    ids = [part.first_id for part in alone.task.parts]
    assert ids == IDS.to_list()
    assert alone.next_attempt(lost(LossCause.KILLED)) is None


def test_an_account_that_is_lost_although_it_is_set_aside_ends_the_run() -> None:
    found = after(FIRST, *[lost(LossCause.KILLED, "a007")] * 2)
    assert found.next_attempt(lost(LossCause.KILLED, "a007")) is None


def test_what_was_set_aside_goes_with_every_part() -> None:
    found = after(FIRST, *[lost(LossCause.KILLED, "a007")] * 2, *[lost(LossCause.KILLED)])
    assert all(part.set_aside == ((("a007",), "killed: it was so, twice"),) for part in found.task.parts)


def test_a_lost_worker_is_reported_with_the_next_step_and_its_account_is_marked() -> None:
    unknown, known = lost(LossCause.KILLED), lost(LossCause.KILLED, "a007")
    assert describe_to_user(FIRST, unknown, after(FIRST, unknown)) == (
        "shard 0 of 100 accounts: it was so; trying again, account by account"
    )
    once = after(FIRST, known)
    told = describe_to_user(once, known, after(once, known))
    assert unmark_ids(told) == "account a007: it was so; it is recorded as failed"
    assert hashed_ids(told) == f"account {hash_id('a007')}: it was so; it is recorded as failed"
    assert unmark_ids(describe_to_user(once, known, None)) == "account a007: it was so"


def test_an_exit_is_reported_by_the_name_of_its_signal() -> None:
    assert describe_exit(-9).endswith("SIGKILL, most likely for want of memory")
    assert describe_exit(-11).endswith("SIGSEGV")
    assert describe_exit(3).endswith("exit code 3")
