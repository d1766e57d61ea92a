"""Numbers of workers and accounts that fit into a memory limit, and limits that are too small."""

import pytest
from pydantic import ValidationError

from forecast_cli.config.settings import Settings
from forecast_cli.config.texts import memory_bytes
from forecast_cli.core.errors import ConfigError
from forecast_cli.engine.environment import FRUGAL, KEEPING
from forecast_cli.engine.memory import Load, Room, find_room, memory_limit, refuse_too_little
from forecast_cli.models.registry import parse_model

GB = 10**9
LOAD = Load(accounts=100_000, shard=5_000)
AUTO, ETS = (parse_model(name, (30,)) for name in ("auto", "AutoETS"))


def room(
    memory: str | None, *models: object, load: Load = LOAD, workers: int = 2, available: int | None = None
) -> Room:
    chosen, settings = [AUTO] if not models else list(models), Settings(memory=memory)
    refuse_too_little(settings, chosen, load)  # type: ignore[arg-type]
    return find_room(chosen, load, workers=workers, limit=memory_limit(settings, available))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500MB", 500_000_000), ("2GB", 2 * GB), ("1.5 GiB", 1_610_612_736), ("2g", 2 * GB), ("123", 123)],
)
def test_sizes_are_taken_as_people_write_them(text: str, expected: int) -> None:
    assert memory_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "0GB", "much", "-2GB", "2 parsecs", "1e9"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="such as 500MB or 2GB"):
        Settings(memory=text)


def test_a_wide_bound_has_whole_shards_and_all_workers() -> None:
    assert room("8GB") == Room(8 * GB, 2, LOAD.shard)
    assert room(None) == Room(None, 2, LOAD.shard)


def test_a_narrow_bound_has_fewer_accounts_at_a_time_and_then_fewer_workers() -> None:
    rooms = [room(f"{size}MB") for size in (500, 520, 560, 650, 750, 950, 1_500)]
    assert [found.workers for found in rooms] == sorted(found.workers for found in rooms)
    for workers in (1, 2):
        at_once = [found.at_once for found in rooms if found.workers == workers]
        assert at_once == sorted(at_once)
        assert len(set(at_once)) > 1
    assert rooms[0].at_once >= 250


def test_workers_keep_what_is_freed_where_there_is_ample_memory_for_each() -> None:
    assert room(None).variables == room("8GB").variables == KEEPING
    assert room("8GB", workers=8).variables == room("1.5GB").variables == {}
    assert room("600MB").variables == FRUGAL


def test_what_workers_keep_is_counted() -> None:
    long = Load(accounts=100_000, shard=50_000)
    ample, less = room("3GB", load=long), room("2999MB", load=long)
    assert less.at_once - ample.at_once > 1_000


def test_without_a_bound_most_of_what_is_free_is_taken_and_nothing_is_refused() -> None:
    assert room(None, available=10 * GB).limit == 8 * GB
    assert room(None, available=100) == Room(80, 1, 250)


def test_longer_histories_more_windows_and_statsforecast_take_more() -> None:
    plain = room("1.5GB")
    assert room("1.5GB", load=Load(100_000, 5_000, days=2_200)).at_once < plain.at_once
    assert room("1.5GB", load=Load(100_000, 5_000, days=365)).at_once > plain.at_once
    assert room("1.5GB", load=Load(100_000, 50_000, days=1)) == room("1.5GB", load=Load(100_000, 50_000, days=365))
    assert room("1.5GB", load=Load(100_000, 5_000, times=3)).at_once < plain.at_once
    assert room("1.5GB", load=Load(100_000, 5_000, ahead=366)).at_once < plain.at_once
    many = room("1.5GB", load=Load(1_000_000, 5_000))
    assert many.workers * many.at_once < plain.workers * plain.at_once
    assert room("1.5GB", AUTO, ETS).workers * room("1.5GB", AUTO, ETS).at_once < plain.workers * plain.at_once


def test_what_cannot_fit_is_refused_with_the_least_that_would_do() -> None:
    with pytest.raises(ConfigError, match=r"--memory 300MB: 100,000 accounts by auto need at least (\d+)MB") as refused:
        room("300MB")
    least = str(refused.value).rpartition(" ")[2]
    assert room(least).workers == 1
    with pytest.raises(ConfigError):
        room(f"{int(least[:-2]) - 20}MB")


def least_megabytes(*models: str, load: Load) -> int:
    with pytest.raises(ConfigError) as refused:
        room("1MB", *(parse_model(model, (30,)) for model in models), load=load)
    return int(str(refused.value).rpartition(" ")[2].removesuffix("MB"))


def test_the_rows_of_a_shard_are_counted_until_it_is_written_for_each_model() -> None:
    """9,000 bytes for each account and model."""
    for models, more in ((["Naive"], 90), (["Naive", "SeasonalNaive"], 180)):
        large, small = (least_megabytes(*models, load=Load(100_000, shard)) for shard in (15_000, 5_000))
        assert large - small == more


def test_what_a_report_takes_grows_with_windows_but_not_with_models() -> None:
    few, many = (Load(1_000_000, 16, times=windows, reports=True) for windows in (12, 24))
    assert least_megabytes("auto", load=many) > 1.5 * least_megabytes("auto", load=few)
    assert least_megabytes("auto", load=few) == least_megabytes("auto", "auto", load=few)
