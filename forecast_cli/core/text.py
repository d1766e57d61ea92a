"""Text functions for all packages: counts with their noun, words in a list, UTF-8 paths, suggestions for a name."""

import difflib
from collections.abc import Iterable, Sequence


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """Return a count with its noun: ``1 account``, ``1,234 accounts``; ``plural`` if it is not the noun and an s."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def joined(words: Sequence[str]) -> str:
    """Return words as part of a sentence: ``a``, ``a and b``, ``a, b and c``; empty if there are none."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def is_utf8(path: str) -> bool:
    """Return whether a path is valid UTF-8: Python can open one that is not, libraries in other languages cannot."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def closest(word: str, names: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the name that equals ``word`` except for case and outer spaces, else the name most similar to it.

    None if no name reaches ``cutoff``, a similarity ratio of difflib from 0 to 1.
    """
    folded: dict[str, str] = {}
    for name in names:
        folded.setdefault(name.strip().casefold(), name)
    close = difflib.get_close_matches(word.strip().casefold(), folded, n=1, cutoff=cutoff)
    return folded[close[0]] if close else None


def did_you_mean(word: str, names: Iterable[str], *, otherwise: str) -> str:
    """Return a hint that suggests the closest of ``names``, or ``otherwise`` if none is close."""
    close = closest(word, names)
    return f"did you mean '{close}'?" if close else otherwise
