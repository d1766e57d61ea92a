"""Secrets never leave: what may hold a URI is redacted before it is shown or written."""

import re
from typing import Final

_USER_INFO: Final = re.compile(r"(?<=://)[^/\s]*@")
_SECRET_PARAMETER: Final = re.compile(r"(?i)((?:key|secret|token|password|sig|signature|credential)[\w-]*=)[^&\s'\"]+")


def redact(text: str) -> str:
    """Return ``text`` with the user info and the secret query parameters of its URIs replaced by ``***``."""
    return _SECRET_PARAMETER.sub(r"\1***", _USER_INFO.sub("***@", text))
