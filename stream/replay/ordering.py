"""Events put in order of time."""

import heapq
from collections.abc import Iterable, Iterator

from stream.replay.source import Found, Skipped

#: Events held back while earlier ones may still come: enough for parallel tills and late uploads.
WINDOW_EVENTS = 10_000


def in_time_order(found: Iterable[Found], window_events: int = WINDOW_EVENTS) -> Iterator[Found]:
    """Sort by ``occurred_at`` within a window; events of one instant keep their order.

    What is more than ``window_events`` places out of order stays so; the workers take events in
    any order. What was skipped passes at once.
    """
    held: list[tuple[float, int, Found]] = []
    for number, entry in enumerate(found):
        if isinstance(entry, Skipped):
            yield entry
            continue
        ranked = (entry.occurred_at.timestamp(), number, entry)
        if len(held) < window_events:
            heapq.heappush(held, ranked)
        else:
            yield heapq.heappushpop(held, ranked)[2]
    held.sort()
    for _, _, entry in held:
        yield entry
