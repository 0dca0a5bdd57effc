"""Moving a history up to the present, and spooling what can be read only once."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec import structs

from stream.replay.source import STANDARD_INPUT, Found, Skipped, open_binary


def newest(found: Iterable[Found]) -> datetime | None:
    """The time of the latest event, or None where there is no event."""
    times = (entry.occurred_at for entry in found if not isinstance(entry, Skipped))
    return max(times, default=None)


def shift(found: Iterable[Found], by: timedelta) -> Iterator[Found]:
    """Move every event by one constant; what was skipped passes.

    Each event keeps its UTC offset, so local hours shift by the constant alone. Offsets are fixed
    here: a zone's own arithmetic would jump by an hour across a daylight-saving change.
    """
    for entry in found:
        if isinstance(entry, Skipped):
            yield entry
        else:
            yield structs.replace(entry, occurred_at=entry.occurred_at + by)


@contextmanager
def rereadable(path: str) -> Iterator[str]:
    """A path that can be read twice: standard input is spooled to a temporary file."""
    if path != STANDARD_INPUT:
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="portrait-replay-") as spool:
        with open_binary(path) as stream:
            shutil.copyfileobj(stream, spool)
        spool.flush()
        yield spool.name
