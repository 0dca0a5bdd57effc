"""Sessions: stretches of activity without a gap of more than 30 minutes.

Kept as disjoint intervals. An event joins every interval that it is close to, so any order of the
same events leads to the same intervals; what lies before the window never joins two that are in it.
"""

from bisect import bisect_right
from operator import attrgetter
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from stream import events
from stream.profile.occurrence import Occurrence
from stream.profile.values import Share
from stream.windows import HOUR_MS, first_hour

#: Two events with more than so many seconds between them belong to different sessions.
GAP_S = 30 * 60
_HOUR_S = HOUR_MS // 1000
NEVER = -1

#: What a customer does in the shop. Cancellations, refunds, declarations, invitations, calls to
#: support and promotions that were merely shown happen elsewhere and make no session.
VISITING: frozenset[type[events.Event]] = frozenset(
    (
        *events.TOPIC_EVENTS["clicks"],
        *events.TOPIC_EVENTS["carts"],
        events.OrderCompleted,
        events.ProductReviewed,
        events.SignedUp,
        events.SignedIn,
        events.DeviceSeen,
        events.PromotionClicked,
    )
)


class Conversion(Struct, frozen=True):
    """How visits lead to carts and carts to orders, within a session."""

    view_to_cart: Annotated[
        Share | None,
        Meta(
            description="Part of the sessions in which a product was put into the cart; null "
            "without sessions.",
        ),
    ]
    cart_to_order: Annotated[
        Share | None,
        Meta(
            description="Part of those sessions in which an order was completed as well; null "
            "where nothing was put into the cart.",
        ),
    ]


class Session(Struct, array_like=True):
    """One session: first and last second, and the UTC hour of its last cart add and order.

    Hours rather than flags: what happened before the window must not count, and its edge is an
    hour.
    """

    start_s: int
    end_s: int
    cart_hour: int = NEVER
    order_hour: int = NEVER


#: Disjoint, oldest first.
Sessions = list[Session]

_start = attrgetter("start_s")


def add(sessions: Sessions, occurrence: Occurrence) -> None:
    """Take an event into its session, which may join two; events outside the shop are passed."""
    event = occurrence.event
    if type(event) not in VISITING:
        return
    at_s = occurrence.at_ms // 1000
    hour = at_s // _HOUR_S
    carted = hour if isinstance(event, events.ProductAdded) else NEVER
    ordered = hour if isinstance(event, events.OrderCompleted) else NEVER
    last = sessions[-1] if sessions else None
    if last is not None and last.start_s <= at_s <= last.end_s + GAP_S:  # the usual case
        last.end_s = max(last.end_s, at_s)
        last.cart_hour = max(last.cart_hour, carted)
        last.order_hour = max(last.order_hour, ordered)
    else:
        join(sessions, Session(at_s, at_s, carted, ordered))


def join(sessions: Sessions, new: Session) -> None:
    """Take a stretch of activity into the sessions."""
    last = bisect_right(sessions, new.end_s + GAP_S, key=_start)
    first = last
    while first and sessions[first - 1].end_s >= new.start_s - GAP_S:
        first -= 1
        other = sessions[first]
        new = Session(
            min(new.start_s, other.start_s),
            max(new.end_s, other.end_s),
            max(new.cart_hour, other.cart_hour),
            max(new.order_hour, other.order_hour),
        )
    sessions[first:last] = [new]


def merge(a: Sessions, b: Sessions) -> Sessions:
    """The sessions of both histories."""
    merged: Sessions = []
    for session in (*a, *b):
        join(merged, replace(session))
    return merged


def prune(sessions: Sessions, newest_ms: int) -> None:
    """Drop what is outside the window of the customer's newest event, now and for ever."""
    oldest = first_hour(newest_ms)
    sessions[:] = [session for session in sessions if session.end_s // _HOUR_S >= oldest]
    if sessions and sessions[0].start_s < oldest * _HOUR_S:
        session = sessions[0]
        sessions[0] = Session(
            oldest * _HOUR_S,
            session.end_s,
            session.cart_hour if session.cart_hour >= oldest else NEVER,
            session.order_hour if session.order_hour >= oldest else NEVER,
        )


def describe(sessions: Sessions, as_of_ms: int) -> tuple[int, Conversion]:
    """Number of sessions with an event in the window, and their conversion.

    Changes with time only when an hour with events leaves the window, as the hour tiles do.
    """
    visits, carted, ordered = count(sessions, as_of_ms)
    return visits, Conversion(_rate(carted, visits), _rate(ordered, carted))


def count(sessions: Sessions, as_of_ms: int) -> tuple[int, int, int]:
    """Sessions with an event in the window, those of them with a cart add, those with both.

    Both are a cart add and a completed order.
    """
    oldest = max(0, first_hour(as_of_ms))
    current = [session for session in sessions if session.end_s // _HOUR_S >= oldest]
    carted = [session for session in current if session.cart_hour >= oldest]
    ordered = sum(session.order_hour >= oldest for session in carted)
    return len(current), len(carted), ordered


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
