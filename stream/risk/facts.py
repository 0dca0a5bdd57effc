"""Facts about others: the questions that an event asks when it comes, and what the answers tell.

An answer is as known then: it goes with the event into the customer's evidence and never changes.
Asking adds the customer to what others will be told. A customer who was there before, and could not
know then, is told by an event of the internal topic ``links``.
"""

from collections.abc import Sequence

from msgspec import Struct

from stream.events import (
    Event,
)
from stream.risk.evidence import Facts
from stream.windows import DAY_MS

_MONTH_MS = 30 * DAY_MS


class Question(Struct, frozen=True):
    """How many members a scope has, with the asker among them.

    ``scope``    names a set of members and their first times, such as ``accounts/device/3f…``
    ``member``   is added at ``at_ms`` (or keeps an earlier time); None adds nobody
    ``windows``  ms; members are counted whose time is in ``(at_ms - window, at_ms]``
    ``tell``     whether members from before are named when this event brought the member
    """

    scope: str
    member: str | None
    at_ms: int
    windows: tuple[int, ...]
    tell: bool = False


class Answer(Struct, frozen=True):
    """``counts`` by window; ``others`` were there when the member was brought, newest first, some
    twenty at most.
    """

    counts: tuple[int, ...]
    others: tuple[str, ...] = ()


class Asked(Struct, frozen=True):
    """A question, and the codes that its counts are values of; one a window."""

    question: Question
    codes: tuple[str, ...]


def questions(key: str, event: Event, at_ms: int) -> list[Asked]:
    """What an event asks of others; most ask nothing."""
    raise NotImplementedError


def facts(asked: Sequence[Asked], answers: Sequence[Answer]) -> Facts:
    """What the answers, in the order of the questions, tell."""
    raise NotImplementedError
