"""Figures formatted for people."""

import pytest

from forecast_cli.reports.figures import duration, listed, money, percent, setting_text, size


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.5, "50 %"),
        (0.1234, "12.34 %"),
        (0.00001, "< 0.01 %"),
        (0.99999, "> 99.99 %"),
    ],
)
def test_shares_never_round_to_none_or_all(share: float, said: str) -> None:
    assert percent(share) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (0.0, "0.00"),
        (-0.0, "0.00"),
        (1234.567, "1,234.57"),
        (0.99999, "1.00"),
        (-0.5, "-0.50"),
        (0.125, "0.125"),
        (0.05, "0.05"),
        (0.0153, "0.0153"),
        (-0.006, "-0.006"),
        (0.0049, "0.0049"),
        (-0.00012345, "-0.000123"),
        (0.00000001, "0.00000001"),
        (-1e-12, "0.00"),
    ],
)
def test_a_small_amount_has_three_significant_digits(amount: float, said: str) -> None:
    assert money(amount) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "-"),
        ([], "-"),
        (True, "true"),
        ([80.0, 99.9999999], "80, 99.9999999"),
        (1_234_567.5, "1234567.5"),
        (1e15, "1e+15"),
        ("a\n", "a\\n"),
    ],
)
def test_a_setting_is_never_rounded(value: object, said: str) -> None:
    assert setting_text(value) == said


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 KB"),
        (587_090, "587.1 KB"),
        (2 * 10**9, "2.0 GB"),
        (10**16, "10000.0 TB"),
    ],
)
def test_sizes(count: int, said: str) -> None:
    assert size(count) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "under 0.1 s"),
        (0.31, "0.3 s"),
        (9.94, "9.9 s"),
        (9.99, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 05 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("values", "of", "said"),
    [
        ([], None, ""),
        (["a", "b"], None, "a, b"),
        (["a", "b", "c", "d"], None, "a, b, c, ..."),
        (["a", "b"], 5, "a, b, ..."),
        (["a\n"], None, "a\\n"),
    ],
)
def test_lists_are_cut_short_and_say_so(values: list[str], of: int | None, said: str) -> None:
    assert listed(values, of=of) == said
