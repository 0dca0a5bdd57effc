"""Which events were counted before: marks for redelivered records, ids for resent events."""

from stream.windows import DAY_MS

#: source (`topic:partition`) -> highest offset applied
Marks = dict[str, int]

#: id hash -> when the event happened, in ticks: coarse, so that an id takes eight bytes
SeenIds = dict[int, int]
TICK_MS = 2_000

#: A customer's events of the last 24 h, or the last 256 of them, whichever is less.
MEMORY_MS = DAY_MS
MEMORY_IDS = 256


def merge_marks(a: Marks, b: Marks) -> Marks:
    """The higher mark of each source."""
    return {source: max(a.get(source, -1), b.get(source, -1)) for source in {*a, *b}}


def merge_ids(a: SeenIds, b: SeenIds) -> SeenIds:
    """The ids of both histories."""
    return {id_hash: max(a.get(id_hash, at), b.get(id_hash, at)) for id_hash, at in (a | b).items()}


def remember(seen: SeenIds, id_hash: int, at_ms: int) -> None:
    """Take an id into the memory."""
    seen[id_hash] = at_ms // TICK_MS


def remembers(seen: SeenIds, id_hash: int, newest_ms: int | None) -> bool:
    """Whether the id is within the memory; what was pruned when makes no difference."""
    if id_hash not in seen or newest_ms is None:
        return False
    prune_ids(seen, newest_ms)
    return id_hash in seen


def prune_ids(seen: SeenIds, newest_ms: int) -> None:
    """Forget the ids that are beyond the memory."""
    horizon = (newest_ms - MEMORY_MS) // TICK_MS
    for id_hash in [id_hash for id_hash, tick in seen.items() if tick <= horizon]:
        del seen[id_hash]
    if len(seen) > MEMORY_IDS:
        kept = sorted(((tick, id_hash) for id_hash, tick in seen.items()), reverse=True)
        for _, id_hash in kept[MEMORY_IDS:]:
            del seen[id_hash]
