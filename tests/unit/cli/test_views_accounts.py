"""Accounts and models not forecast as requested, as lines of a summary."""

from io import StringIO

from rich.console import Console

from forecast_cli.cli.views.accounts import render_accounts, render_groups
from forecast_cli.core.ledger import Status
from forecast_cli.workflows.results import FailureGroup


def group(
    model: str | None, used: str | None = None, *, status: Status = Status.FALLBACK, count: int = 4
) -> FailureGroup:
    return FailureGroup(status, model, used, "TooShort", "2 observations", count, ("A1", "A2", "A3"))


def lines(renderable: object) -> list[str]:
    page = StringIO()
    Console(file=page, width=80, markup=False).print(renderable)
    return [" ".join(line.split()) for line in page.getvalue().splitlines()]


def test_a_line_says_how_many_what_instead_why_and_who() -> None:
    assert lines(render_groups([group("MSTL", "Naive")])) == [
        "4 MSTL -> Naive e.g. A1: 2 observations; also A2, A3, ..."
    ]


def test_accounts_that_fare_alike_under_every_model_are_listed_once() -> None:
    skipped = [group(model, status=Status.SKIPPED) for model in ("MSTL", "Naive", "Holt")]
    assert lines(render_groups(skipped)) == ["4 skipped e.g. A1: 2 observations; also A2, A3, ..."]


def test_every_model_that_was_replaced_is_named() -> None:
    shown = lines(render_groups([group("MSTL", "Naive"), group("Holt", "Naive")]))
    assert [line.split(" e.g.")[0] for line in shown] == ["4 MSTL -> Naive", "4 Holt -> Naive"]


def test_one_account_has_no_others() -> None:
    alone = FailureGroup(Status.FAILED, "MSTL", None, "Conflict", "two balances", 1, ("A1",))
    assert lines(render_groups([alone])) == ["1 failed A1: two balances"]


def test_TS18_a_long_id_is_cut_short() -> None:
    long = FailureGroup(Status.FAILED, None, None, "long id", "its id takes 9,000 bytes", 2, ("z" * 9_000, "y" * 9_000))
    shown = " ".join(lines(render_groups([long])))
    assert "z... (9000 characters): its id takes" in shown.replace("z z", "zz")
    assert len(shown) < 400


def test_many_reasons_are_cut_short_and_counted() -> None:
    groups = [group(f"M{number}", "Naive") for number in range(13)]
    shown = lines(render_groups(groups))
    assert len(shown) == 11
    assert shown[-1] == "and 3 more reasons in failures.parquet"


def test_accounts_by_status_add_up() -> None:
    counts = {Status.OK: 1200, Status.FALLBACK: 30, Status.SKIPPED: 0, Status.FAILED: 4}
    shown = lines(render_accounts(counts, quarantined_files=0))
    assert shown[0].startswith("ok 1,200 ")
    assert shown[-1] == "in all 1,234 every account of the input"
    shown = lines(render_accounts(counts, quarantined_files=1))
    assert shown[-1] == "in all 1,234 every account that could be read", "files left out may hold others"


def test_a_status_that_nobody_can_tell_yet_has_no_line() -> None:
    shown = lines(render_accounts(dict.fromkeys(Status, 1), {Status.OK: "would be forecast"}, quarantined_files=0))
    assert [line.split()[0] for line in shown] == ["ok", "in"]
