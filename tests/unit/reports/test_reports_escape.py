"""Data on a terminal cannot move the cursor, break a line or change the direction of text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast_cli.reports.escape import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acc-1", "acc-1"),
        ("Žofie Müller 張", "Žofie Müller 張"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("\x00", "\\x00"),
        ("a\u202eb", "a\\u202eb"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028break", "line\\u2028break"),
        ("\udc80", "\\udc80"),
        ("[/]<script>=cmd", "[/]<script>=cmd"),
        ("s3://me:hunter2@bucket/x", "s3://***@bucket/x"),
    ],
)
def test_TS19_what_is_no_mark_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_shown_is_a_control_and_showing_twice_is_showing_once(text: str) -> None:
    shown = printable(text)
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert printable(shown) == shown
    shown.encode("utf-8")
