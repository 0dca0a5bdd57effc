"""Figures as people read them in a terminal: hours as bars, numbers with what they count."""

from collections.abc import Sequence

_BARS = " ▁▂▃▄▅▆▇█"
#: The local hours under a histogram, with a space after it.
RULER = "0     6     12    18     "


def bars(by_hour: Sequence[int]) -> str:
    """A histogram in one line: a bar an hour, the tallest for the largest count."""
    tallest = max(by_hour, default=0)
    if not tallest:
        return _BARS[0] * len(by_hour)
    # Rounded up, so that an hour with any activity shows.
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // tallest)] for count in by_hour)


def counted(count: int, noun: str, nouns: str | None = None) -> str:
    """A number and what it counts: `1 order`, `2 orders`."""
    return f"{count} {noun if count == 1 else nouns or noun + 's'}"
