"""A finding: a reason that evidence gives, from an instant on and for as long as it holds."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from msgspec import Struct

from stream.risk.reasons import KINDS, holds_ms

#: A finding names so many events at most, the newest ones.
MOST_EVENTS = 10


class Finding(Struct, frozen=True):
    """``value`` in the unit of the code; the events that show it, oldest first; in words.

    It is anchored at ``at_ms``, when it could first be known, and rests on evidence up to there.
    """

    code: str
    at_ms: int
    value: int
    events: tuple[str, ...]
    detail: str

    @property
    def ends_ms(self) -> int:
        """When it holds no more."""
        return self.at_ms + holds_ms(self.code)


class Timed(Protocol):
    """Anything that has its time."""

    @property
    def at_ms(self) -> int:
        """Milliseconds since the epoch."""


class Shown(Timed, Protocol):
    """An entry of the evidence that knows its event."""

    @property
    def event_id(self) -> str:
        """The id of the event."""


_T = TypeVar("_T", bound=Timed)


def within(entries: Iterable[_T], at_ms: int, window_ms: int) -> list[_T]:
    """Those in ``(at_ms - window_ms, at_ms]``, in the order given."""
    since_ms = at_ms - window_ms
    return [each for each in entries if since_ms < each.at_ms <= at_ms]


def instants(entries: Iterable[Timed], since_ms: int) -> list[int]:
    """The times after ``since_ms`` at which there is an entry, each once, ascending."""
    return sorted({each.at_ms for each in entries if each.at_ms > since_ms})


def number_of(code: str, value: int) -> str:
    """A value in words: it may be more than what is kept."""
    most = KINDS[code].most
    return f"{value} or more" if most is not None and value >= most else str(value)


def named(entries: Iterable[Shown]) -> tuple[str, ...]:
    """The ids of their events, oldest first; of many the newest :data:`MOST_EVENTS`."""
    ranked = sorted({(each.at_ms, each.event_id) for each in entries})
    return tuple(event_id for _, event_id in ranked[-MOST_EVENTS:])
