"""Words that every room needs: counts with their noun, and the name someone may have meant."""

import difflib
from collections.abc import Iterable


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 account`` or ``1,234 accounts``; ``plural`` where it is not the noun and an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def is_utf8(path: str) -> bool:
    """Say whether a path is UTF-8: one whose bytes are not, Python can open and libraries of other languages cannot."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def closest(word: str, names: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the name that differs from ``word`` in case or outer spaces only, else the one spelled most alike.

    None where no name reaches ``cutoff``, difflib's ratio from 0 to 1.
    """
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(name.strip().casefold(), name)
    close = difflib.get_close_matches(word.strip().casefold(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(word: str, names: Iterable[str], *, otherwise: str) -> str:
    """Return a hint with the closest of ``names``, or ``otherwise`` where none is close."""
    close = closest(word, names)
    return f"did you mean '{close}'?" if close else otherwise
