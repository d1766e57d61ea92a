"""What the manifest says of a run: its place among others."""

from store_runs import manifest


def recency_of(origin: str | None, finished_at: str) -> tuple[str, str]:
    one = manifest()
    read = one.input.model_copy(update={"origin": origin})
    return one.model_copy(update={"input": read, "finished_at": finished_at}).recency


def test_runs_are_in_the_order_of_their_origins_or_the_days_they_ended_then_of_the_times_they_ended() -> None:
    ordered = [
        ("2026-07-09", "2026-07-30T08:00:00Z"),
        (None, "2026-07-10T06:00:00Z"),
        ("2026-07-10", "2026-07-11T07:00:00Z"),
        ("2026-07-10", "2026-07-12T07:00:00Z"),
        (None, "2026-07-12T05:00:00Z"),
        ("2026-07-12", "2026-07-12T06:00:00Z"),
    ]
    backwards = ordered[::-1]
    assert sorted(backwards, key=lambda run: recency_of(*run)) == ordered
