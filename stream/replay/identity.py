"""Event ids for input that has none: the same file gives the same ids on every replay."""

from hashlib import blake2b

#: Rows remembered for telling the second of two equal rows; equal rows lie close together.
REMEMBERED = 200_000


def digest(*parts: str) -> str:
    """32 hexadecimal digits that stand for the parts."""
    return blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


class Occurrences:
    """Numbers equal ids: the first stays as it is, the second gets ``-2``, and so on.

    Rows that are identical to the letter are separate events and each counts, so they may not
    share an id.
    """

    def __init__(self, remembered: int = REMEMBERED) -> None:
        self._seen: dict[str, int] = {}
        self._remembered = remembered

    def number(self, event_id: str) -> str:
        """The id with its number of occurrence, counted in the order of calls."""
        count = self._seen.pop(event_id, 0) + 1
        # Put back at the end, so that the id not met for longest is forgotten first.
        self._seen[event_id] = count
        if len(self._seen) > self._remembered:
            del self._seen[next(iter(self._seen))]
        return event_id if count == 1 else f"{event_id}-{count}"
