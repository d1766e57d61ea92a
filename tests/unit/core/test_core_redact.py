"""Secrets are hidden, other text is not, and JSON stays valid."""

import json

import pytest

from forecast_cli.core.redact import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://user:p@ss@host/x", "s3://***@host/x"),
        ("s3://user:pa/ss@host/x", "s3://***@host/x"),
        ("https://host/x?sig=abc&se=1", "https://host/x?sig=***&se=1"),
        ("?X-Amz-Signature=abc&X-Amz-Date=1", "?X-Amz-Signature=***&X-Amz-Date=1"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
        ("s3://bucket/in/a.parquet", "s3://bucket/in/a.parquet"),
        ("abfss://lake@acct.dfs.core.windows.net/in", "abfss://lake@acct.dfs.core.windows.net/in"),
        ("abfss:/lake@acct.dfs.core.windows.net/in", "abfss:/lake@acct.dfs.core.windows.net/in"),
        ("abfss://lake:a@b.dfs.c@acct.dfs.core.windows.net/in", "abfss://***@acct.dfs.core.windows.net/in"),
        ("abfss://lake:k/y@acct.dfs.core.windows.net/in", "abfss://***@acct.dfs.core.windows.net/in"),
        ("abfss://acct@lake/in", "abfss://***@lake/in"),
        ("s3://lake@acct.dfs.core.windows.net/in", "s3://***@acct.dfs.core.windows.net/in"),
        ("user@host: balance = 3", "user@host: balance = 3"),
    ],
)
def test_secrets_of_addresses_are_hidden(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize("value", ["abc/def+12=", 'quo"ted-secret', "back\\slashed", "eightlet"])
def test_known_values_are_hidden_in_every_form(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", value)
    assert redact(f"key {value}!") == "key ***!"
    assert json.loads(redact(json.dumps({"a": value, "b": "s3://u:p@h", "c": 'token=x"y'}))) == {
        "a": "***",
        "b": "s3://***@h",
        "c": 'token=***"y',
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_SECRET_ACCESS_KEY", "sevenle"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/key.json"),
        ("AWS_REGION", "eu-central-1"),
        ("MONKEY_BUSINESS", "account_id"),
    ],
)
def test_what_is_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    assert redact(f"about {value}") == f"about {value}"
