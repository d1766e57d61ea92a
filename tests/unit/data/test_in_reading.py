"""Reading an input as a run does: once if nothing is wrong, and with all findings otherwise."""

from pathlib import Path

import pytest
from parquet_fixtures import balances, malform_pages, write

from forecast_cli.config.settings import Settings
from forecast_cli.core.errors import InputRejectedError
from forecast_cli.data.files import blame
from forecast_cli.data.files.open import open_source
from forecast_cli.data.findings import Action
from forecast_cli.workflows.forecast import run_forecast
from forecast_cli.workflows.reading import check_input_for_run, check_whole_input
from forecast_cli.workflows.results import ForecastRequest


def rules(findings: object) -> list[str]:
    return [finding.rule for finding in findings]  # type: ignore[attr-defined]


def test_files_are_not_read_through_where_all_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "a.parquet")
    monkeypatch.setattr(blame, "_read_through", lambda *_: pytest.fail("read once more"))
    assert check_whole_input(str(tmp_path), Settings()).contract is not None


def test_IN04_unreadable_pages_are_reported_as_when_the_file_is_opened_alone(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    malform_pages(tmp_path / "b.parquet")
    checked = check_whole_input(str(tmp_path), Settings())
    assert checked.contract is None
    assert checked.findings == open_source(str(tmp_path), Settings()).findings
    settings = Settings.model_validate({"on_bad_file": "quarantine"})
    kept = check_whole_input(str(tmp_path), settings)
    assert kept.contract is not None
    assert kept.source.rows == 3
    assert "IN04" in rules(finding for finding in kept.findings if finding.action is Action.QUARANTINE)


def test_IN04_unreadable_pages_are_reported_with_all_other_problems(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    malform_pages(tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"no parquet")
    found = rules(check_whole_input(str(tmp_path), Settings()).findings)
    assert {"IN02", "IN04"} <= set(found)


def test_a_run_holds_of_each_account_only_what_it_still_asks_for(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet")
    whole, kept = (look(str(tmp_path), Settings()) for look in (check_whole_input, check_input_for_run))
    assert whole.contract is not None
    assert kept.contract is not None
    assert kept.contract.ledger.columns == ["unique_id", "status", "reason", "first", "last"]
    assert kept.contract.ledger.equals(whole.contract.ledger.select(kept.contract.ledger.columns))
    assert (kept.findings, kept.accounts) == (whole.findings, whole.accounts)


def test_an_input_looked_at_in_a_process_of_its_own_is_refused_as_any_other(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", balances().drop("balance"))
    request = ForecastRequest(str(tmp_path / "a.parquet"), tmp_path / "out", Settings(memory="600MB"))
    with pytest.raises(InputRejectedError, match="no column 'balance'"):
        run_forecast(request)
