"""What the demo shows: figures at one moment, and a few portraits."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from stream.events import INTERNAL_TOPICS, TOPIC_EVENTS

HOURS = 24
#: Score above which an inclination is worth a word.
_LEANS = 0.5
#: Topics that the shop writes; the figures count what is on these.
SHOP_TOPICS = tuple(topic for topic in TOPIC_EVENTS if topic not in INTERNAL_TOPICS)


class Figures(Struct, frozen=True, kw_only=True):
    """How far the demo is, `elapsed_s` seconds after its first event."""

    elapsed_s: float = 0.0
    #: Events sent to Kafka, and events that the workers say they have applied.
    events_in: int = 0
    processed: int = 0
    #: Messages on the change topic, and distinct customers among them.
    changes: int = 0
    portraits: int = 0
    #: Entries into segments and exits from them, as published.
    moves: int = 0
    #: Events that the workers have not committed yet; once these are, what they told one another,
    #: and then the portraits that the groups have not counted.
    lag: int = 0
    dead_letters: int = 0


class Face(Struct, frozen=True, kw_only=True):
    """A portrait in a few words."""

    customer: str
    home: str
    by_hour: Sequence[int]
    favourites: Sequence[str]
    orders: int
    amount: str
    #: Tier and strongest inclination, as far as there are any.
    manner: Sequence[str] = ()


def rates(before: Figures, now: Figures) -> tuple[float, float]:
    """Events in and portrait changes, both per second, between two moments."""
    seconds = now.elapsed_s - before.elapsed_s
    if seconds <= 0:
        return 0.0, 0.0
    return (
        (now.events_in - before.events_in) / seconds,
        (now.changes - before.changes) / seconds,
    )


def face(customer: str, home: str, document: Mapping[str, Any]) -> Face:
    """A face out of a portrait document; sections that it lacks are left blank."""
    hours = document.get("activity", {}).get("hours", {}).get("by_hour") or [0] * HOURS
    categories = document.get("preferences", {}).get("categories", ())
    spending = document.get("spending", {})
    inclinations = document.get("disposition", {}).get("inclinations", ())
    amount = spending.get("amount")
    return Face(
        customer=customer,
        home=home,
        by_hour=hours,
        # Without the top of the tree they fit into a line.
        favourites=[category.get("name", "").partition("/")[2] for category in categories[:2]],
        orders=spending.get("orders", 0),
        amount=f"{amount} {spending.get('currency', '')}".strip() if amount else "",
        manner=[
            *filter(None, [spending.get("tier")]),
            *(found["name"] for found in inclinations[:1] if found["score"] > _LEANS),
        ],
    )
