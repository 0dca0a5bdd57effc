"""Lines gathered into invoices and baskets while the file passes by."""

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from stream.replay.source import Skipped

LineT = TypeVar("LineT")

#: A group is complete when this many lines have passed without one of its own.
HOLD_LINES = 20_000

#: A line whose group was complete already.
LATE_LINE = "late_line"


class Group(Generic[LineT]):
    """The lines of one invoice or basket, in the order of the file."""

    def __init__(self, key: str, first_line: int) -> None:
        self.key = key
        self.first_line = first_line
        self.last_line = first_line
        self.lines: list[LineT] = []


def group_nearby(
    lines: Iterable[tuple[int, str, LineT] | Skipped], hold_lines: int = HOLD_LINES
) -> Iterator[Group[LineT] | Skipped]:
    """Gather ``(line number, key, line)`` by key, in the order of each key's first line.

    A group's lines need not be neighbours: the file writes lines of parallel tills interleaved.
    Memory is bounded by ``hold_lines`` and the keys seen; a line that comes back later than that
    is skipped and reported, because the order it belongs to has been handed on.
    """
    open_groups: dict[str, Group[LineT]] = {}
    complete: set[str] = set()
    for entry in lines:
        if isinstance(entry, Skipped):
            yield entry
            continue
        number, key, line = entry
        while open_groups:
            oldest = next(iter(open_groups.values()))
            if number - oldest.last_line <= hold_lines:
                break
            complete.add(oldest.key)
            yield open_groups.pop(oldest.key)
        if key in complete:
            yield Skipped(number, LATE_LINE, f"the other lines end over {hold_lines} lines before")
            continue
        group = open_groups.setdefault(key, Group(key, number))
        group.lines.append(line)
        group.last_line = number
    yield from open_groups.values()
