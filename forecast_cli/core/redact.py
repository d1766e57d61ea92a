"""Secrets never leave: what may hold one is redacted before it is shown or written."""

import os
import re
from functools import lru_cache
from typing import Final

#: A user and what follows it before the host; a password may hold an @, or a slash that nobody encoded. A path that was
#: made of an address has one slash where that has two.
_USER_INFO: Final = re.compile(r'(\b[A-Za-z][\w+.-]+:/{1,2})(?:[^/\s"]*|[^/\s":@]+:[^\s"]*)@')
#: The value ends where a text around it may go on: a quote, a tag, an escape of JSON.
_PARAMETER: Final = re.compile(
    r"(?i)((?:key|secret|token|password|passwd|pwd|sig|signature|credential)[\w-]*=)[^&\s'\"<>\\]+"
)
_HEADER: Final = re.compile(r"(?i)(authorization: *(?:(?:bearer|basic|sharedkey) +)?)[^\s'\"<>\\]+")

#: Variables of the environment whose values are secrets, and those of such names that only say where one is.
_NAME: Final = re.compile(
    r"(?i)(?:^|_)(?:secret|token|password|passwd|sas|signature|credentials?|connection_string|service_account)(?:_|$)"
    r"|_key(?:_id)?$"
)
_PLACE: Final = re.compile(r"(?i)_(?:file|path|uri|url|dir|arn|name|endpoint|expiration)$")
#: What stands at the beginning of a path, which a variable of credentials may hold in their place.
_PATHS: Final = ("/", "./", "~", "file:")
_PATH_HOLDERS: Final = frozenset(
    {"GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "SERVICE_ACCOUNT"}
)
#: A shorter value is a word that may stand anywhere, not a key.
_SHORTEST: Final = 8
_HIDDEN: Final = "***"


def redact(text: str) -> str:
    """Return ``text`` with ``***`` for users of addresses, values of secret parameters, and secrets of the environment.

    JSON and HTML stay what they are.
    """
    for form in _known_forms(_secrets_of_environment()):
        text = text.replace(form, _HIDDEN)
    text = _USER_INFO.sub(rf"\1{_HIDDEN}@", text)
    return _HEADER.sub(rf"\1{_HIDDEN}", _PARAMETER.sub(rf"\1{_HIDDEN}", text))


def _secrets_of_environment() -> tuple[str, ...]:
    return tuple(
        value for name, value in os.environ.items() if len(value) >= _SHORTEST and _is_secret(name) and value.strip()
    )


@lru_cache(maxsize=1024)
def _names_secret(name: str) -> bool:
    return _NAME.search(name) is not None and _PLACE.search(name) is None


def _is_secret(name: str) -> bool:
    return _names_secret(name) and not (name in _PATH_HOLDERS and os.environ[name].startswith(_PATHS))


@lru_cache(maxsize=8)
def _known_forms(secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Return each secret as it stands in text, in an address and in JSON; the longest first."""
    if not secrets:
        return ()
    import json  # where there are none, as in help mostly, neither is loaded
    from urllib.parse import quote, quote_plus

    forms = {
        form
        for value in secrets
        for form in (value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1])
    }
    return tuple(sorted(forms, key=len, reverse=True))
