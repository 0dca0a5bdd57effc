"""Suggestions for a misspelt word: the closest of those that are known."""

from collections.abc import Iterable
from difflib import get_close_matches

#: Words suggested at once, at most.
MAX_SUGGESTIONS = 3
#: Longer words are cut before they are compared, which takes time with the square of the length.
_MAX_LENGTH = 200


def closest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    """The known words most like a word, best first; upper and lower case are the same."""
    by_folded = {name.casefold(): name for name in known}
    found = get_close_matches(word[:_MAX_LENGTH].casefold(), by_folded, MAX_SUGGESTIONS, 0.6)
    return tuple(by_folded[folded] for folded in found)


def did_you_mean(suggestions: Iterable[str]) -> str:
    """The end of a message, such as ``; did you mean weight or height?``, or nothing."""
    words = " or ".join(suggestions)
    return f"; did you mean {words}?" if words else ""
