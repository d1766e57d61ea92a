"""Redaction: secrets are replaced in every text before it is shown or written."""

import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

#: The user info before the host. A password may contain an @, or a slash that was not percent-encoded. An address that
#: went through a path type has one slash in place of two. In Azure, the name of a container may stand there instead.
_CONTAINER: Final = r"abfss?:/{1,2}[a-z0-9$-]+@[a-z0-9]+\.(?:dfs|blob)\."
_USER_INFO: Final = re.compile(rf'\b(?!{_CONTAINER})([A-Za-z][\w+.-]+:/{{1,2}})(?:[^/\s"]*|[^/\s":@]+:[^\s"]*)@')
#: The value ends where the surrounding text may continue: at a quote, a tag, or a JSON escape.
_PARAMETER: Final = re.compile(
    r"(?i)((?:key|secret|token|password|passwd|pwd|sig|signature|credential)[\w-]*=)[^&\s'\"<>\\]+"
)
_HEADER: Final = re.compile(r"(?i)(authorization: *(?:(?:bearer|basic|sharedkey) +)?)[^\s'\"<>\\]+")

#: Names of environment variables whose values are secrets, and names among them that only say where a secret is.
_NAME: Final = re.compile(
    r"(?i)(?:^|_)(?:secret|token|password|passwd|sas|signature|credentials?|connection_string|service_account)(?:_|$)"
    r"|_key(?:_id)?$"
)
_PLACE: Final = re.compile(r"(?i)_(?:file|path|uri|url|dir|arn|name|endpoint|expiration)$")
#: How a path begins: a variable for credentials may hold the path of a file instead.
_PATHS: Final = ("/", "./", "~", "file:")
_PATH_HOLDERS: Final = frozenset(
    {"GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "SERVICE_ACCOUNT"}
)
#: Length of the shortest secret: a shorter value may be a common word.
_SHORTEST: Final = 8
_HIDDEN: Final = "***"


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return ``text`` with ``***`` in place of secrets.

    Secrets are the given ``secrets``, the user info of addresses, the values of secret parameters and authorization
    headers, and the secrets among the environment variables. Valid JSON and HTML stay valid.
    """
    for form in (*secrets, *_known_forms(_secrets_of_environment())):
        text = text.replace(form, _HIDDEN)
    text = _USER_INFO.sub(rf"\1{_HIDDEN}@", text)
    return _HEADER.sub(rf"\1{_HIDDEN}", _PARAMETER.sub(rf"\1{_HIDDEN}", text))


def _secrets_of_environment() -> tuple[str, ...]:
    """Return the secrets among the environment variables; only values whose names are those of secrets are decoded."""
    values = ((name, os.environ[name]) for name in os.environ if _names_secret(name))
    return tuple(
        value
        for name, value in values
        if len(value) >= _SHORTEST and value.strip() and not (name in _PATH_HOLDERS and value.startswith(_PATHS))
    )


@lru_cache(maxsize=1024)
def _names_secret(name: str) -> bool:
    return _NAME.search(name) is not None and _PLACE.search(name) is None


@lru_cache(maxsize=8)
def _known_forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return each secret as it is written in plain text, in URLs and in JSON, longest first."""
    if not secrets:
        return ()
    import json  # not loaded if there are no secrets, as is usual for --help
    from urllib.parse import quote, quote_plus

    forms = {
        form
        for value in secrets
        for form in (value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1])
    }
    return tuple(sorted(forms, key=len, reverse=True))
