"""Counts with their noun, words in a list, and suggestions for misspelled names."""

import pytest

from forecast_cli.core.text import closest, counted, did_you_mean, joined


@pytest.mark.parametrize(("count", "said"), [(0, "0 accounts"), (1, "1 account"), (1234567, "1,234,567 accounts")])
def test_a_count_is_written_with_its_noun(count: int, said: str) -> None:
    assert counted(count, "account") == said


@pytest.mark.parametrize(("count", "said"), [(1, "1 process"), (2, "2 processes")])
def test_a_noun_may_have_a_plural_of_its_own(count: int, said: str) -> None:
    assert counted(count, "process", "processes") == said


@pytest.mark.parametrize(
    ("words", "said"), [([], ""), (["80 %"], "80 %"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_in_a_list_end_with_and(words: list[str], said: str) -> None:
    assert joined(words) == said


@pytest.mark.parametrize(
    ("word", "names", "meant"),
    [
        ("balanse", ["date", "balance"], "balance"),
        ("BALANCE", ["balances", "Balance "], "Balance "),
        ("id", ["ID", "Id"], "ID"),
        ("qqq", ["date", "balance"], None),
        ("date", [], None),
    ],
)
def test_the_closest_name_is_found_in_any_case(word: str, names: list[str], meant: str | None) -> None:
    assert closest(word, names) == meant


def test_a_hint_names_the_closest_or_what_else_to_do() -> None:
    assert did_you_mean("horizn", ["horizon"], otherwise="see: help") == "did you mean 'horizon'?"
    assert did_you_mean("xyz", ["horizon"], otherwise="see: help") == "see: help"
